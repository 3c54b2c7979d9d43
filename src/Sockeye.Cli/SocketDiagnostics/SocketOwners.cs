using System.Globalization;
using System.IO.Enumeration;
using System.Runtime.InteropServices;
using System.Text;

namespace Sockeye.Cli;

/// <summary>The process that has a socket open.</summary>
/// <param name="ProcessId">The lowest id of those processes.</param>
/// <param name="Name">Its name.</param>
/// <param name="Count">The number of processes that share the socket.</param>
internal sealed record SocketOwner(int ProcessId, string Name, int Count = 1);

/// <summary>Finds processes by the inode of a socket, as far as <c>/proc</c> permits: own processes, or all for root.</summary>
/// <remarks>
/// A scan reads every descriptor of every process. So it runs only if an inode is unknown that was not searched for in vain, and
/// takes at most a twentieth of the time.
/// </remarks>
internal sealed class SocketOwners(TimeProvider time)
{
    private const string Library = "libc";
    private const int IdleShare = 20;

    private static readonly TimeSpan MinInterval = TimeSpan.FromSeconds(1);

    private readonly byte[] _link = new byte[64];
    private Dictionary<uint, SocketOwner?> _owners = [];
    private long _nextScan;
    private bool _isWanted = true;

    /// <summary>Returns the process; null if it is unknown, or not known yet.</summary>
    public SocketOwner? Find(uint inode)
    {
        if (inode == 0)
            return null;
        if (!_owners.TryGetValue(inode, out var owner))
            _isWanted = true;
        return owner;
    }

    /// <summary>Returns all sockets of one process by inode.</summary>
    public HashSet<uint> FindInodes(int processId)
    {
        HashSet<uint> inodes = [];
        AddSockets(processId, inode => inodes.Add(inode));
        return inodes;
    }

    /// <summary>Returns the processes that have one of these sockets open, the lowest id first.</summary>
    public IReadOnlyList<SocketOwner> FindProcesses(IReadOnlySet<uint> inodes) => inodes.Count == 0 ? [] :
    [
        .. Numbers("/proc").Order().Where(id => FindInodes(id).Overlaps(inodes)).Select(id => new SocketOwner(id, ReadName(id))),
    ];

    /// <summary>Scans if that is needed and due. Sockets without an owner are not searched for again.</summary>
    public void Refresh(ReadOnlySpan<SocketEntry> listeners, ReadOnlySpan<SocketEntry> connections)
    {
        if (!OperatingSystem.IsLinux() || !_isWanted || time.GetTimestamp() < _nextScan)
            return;
        var start = time.GetTimestamp();
        var found = Scan();
        foreach (ref readonly var entry in listeners)
            found.TryAdd(entry.Inode, null);
        foreach (ref readonly var entry in connections)
            found.TryAdd(entry.Inode, null);
        (_owners, _isWanted) = (found, false);
        var now = time.GetTimestamp();
        _nextScan = now + Math.Max((now - start) * IdleShare, (long)(MinInterval.TotalSeconds * time.TimestampFrequency));
    }

    private Dictionary<uint, SocketOwner?> Scan()
    {
        Dictionary<uint, SocketOwner?> found = new(_owners.Count);
        foreach (var id in Numbers("/proc").Order())
        {
            SocketOwner? owner = null;
            AddSockets(id, inode =>
            {
                owner ??= new(id, ReadName(id));
                if (!found.TryGetValue(inode, out var other) || other is null)
                    found[inode] = owner;
                else if (other.ProcessId != id)
                    found[inode] = other with { Count = other.Count + 1 };
            });
        }

        return found;
    }

    private void AddSockets(int processId, Action<uint> add)
    {
        var folder = string.Create(CultureInfo.InvariantCulture, $"/proc/{processId}/fd");
        try
        {
            foreach (var descriptor in Numbers(folder))
            {
                if (ReadSocketLink(folder, descriptor) is { } inode)
                    add(inode);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The process has ended, or belongs to another user.
        }
    }

    /// <summary>Returns the inode of "socket:[123]"; null for another descriptor.</summary>
    private uint? ReadSocketLink(string folder, int descriptor)
    {
        Span<byte> path = stackalloc byte[64];
        path = path[..Encoding.ASCII.GetBytes(
            string.Create(CultureInfo.InvariantCulture, $"{folder}/{descriptor}\0"), path)];
        var length = (int)ReadLink(
            ref MemoryMarshal.GetReference(path), ref MemoryMarshal.GetArrayDataReference(_link), _link.Length);
        return length > 0 ? ParseLink(_link.AsSpan(0, length)) : null;
    }

    public static uint? ParseLink(ReadOnlySpan<byte> link)
    {
        var start = "socket:["u8;
        return link.StartsWith(start) && link.EndsWith("]"u8)
            && uint.TryParse(link[start.Length..^1], CultureInfo.InvariantCulture, out var inode) ? inode : null;
    }

    private static FileSystemEnumerable<int> Numbers(string folder) => new(
        folder,
        (ref FileSystemEntry entry) => int.Parse(entry.FileName, NumberStyles.None, CultureInfo.InvariantCulture),
        new() { AttributesToSkip = 0 })
    {
        ShouldIncludePredicate = (ref FileSystemEntry entry) =>
            int.TryParse(entry.FileName, NumberStyles.None, CultureInfo.InvariantCulture, out _),
    };

    private static string ReadName(int processId)
    {
        try
        {
            return File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{processId}/comm")).Trim();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "?";
        }
    }

    [DllImport(Library, EntryPoint = "readlink")]
    private static extern nint ReadLink(ref byte path, ref byte buffer, nint size);
}
