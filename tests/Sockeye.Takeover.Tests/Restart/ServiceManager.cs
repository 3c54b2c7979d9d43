using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Sockeye.Takeover.Tests.Restart;

/// <summary>A stand-in for systemd: its socket for notifications, and its descriptor store. It checks each datagram against
/// sd_notify(3).</summary>
internal sealed class ServiceManager : IDisposable
{
    private const string End = "X_END=1"; // Ends the thread.
    private const int MaxLength = 4096; // NOTIFY_BUFFER_MAX of systemd.

    private static readonly string[] Keys =
    [
        "READY", "STOPPING", "RELOADING", "MONOTONIC_USEC", "STATUS", "WATCHDOG", "MAINPID", "EXTEND_TIMEOUT_USEC", "FDSTORE",
        "FDSTOREREMOVE", "FDNAME", "BARRIER",
    ];

    private readonly int _maxStored;
    private readonly Socket _socket = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
    private readonly Thread _thread;
    private readonly Lock _lock = new();
    private readonly List<(string Name, SafeFileHandle Handle)> _store = [];
    private readonly List<SafeFileHandle> _barriers = [];
    private readonly List<string> _messages = [];
    private readonly List<string> _errors = [];

    /// <param name="folder">The folder of its socket.</param>
    /// <param name="maxStored">FileDescriptorStoreMax= of the unit.</param>
    public ServiceManager(string folder, int maxStored)
    {
        (Path, _maxStored) = (System.IO.Path.Combine(folder, "notify"), maxStored);
        _socket.Bind(new UnixDomainSocketEndPoint(Path));
        _thread = new(Receive) { IsBackground = true };
        _thread.Start();
    }

    /// <summary>The value of NOTIFY_SOCKET.</summary>
    public string Path { get; }

    /// <summary>Whether barriers are left open, as by a systemd that hangs.</summary>
    public bool IsSlow { get; set; }

    /// <summary>The number of descriptors that the store had no room for.</summary>
    public int Refused { get; private set; }

    /// <summary>What is wrong with messages.</summary>
    public IReadOnlyList<string> Errors => Copy(_errors);

    public IReadOnlyList<string> Messages => Copy(_messages);

    public IReadOnlyList<string> StoredNames
    {
        get
        {
            lock (_lock)
                return [.. _store.Select(one => one.Name)];
        }
    }

    public SystemdNotifier CreateNotifier(int? reported = null) => SystemdNotifier.Create(
        name => name switch { "NOTIFY_SOCKET" => Path, "FDSTORE" when reported is { } max => $"{max}", _ => null },
        Environment.ProcessId)!;

    /// <summary>Returns second descriptors of all that is stored, as the next process gets them.</summary>
    public IReadOnlyList<(string Name, SafeFileHandle Handle)> Pass()
    {
        lock (_lock)
            return [.. _store.Select(one => (one.Name, NativeDescriptor.Duplicate((int)one.Handle.DangerousGetHandle())))];
    }

    /// <summary>Passes everything to this process.</summary>
    public SystemdSockets PassHere() => SystemdSockets.Open([.. Pass().Select(one =>
    {
        var number = (int)one.Handle.DangerousGetHandle();
        one.Handle.SetHandleAsInvalid(); // The result owns it.
        return (number, one.Name);
    })]);

    /// <summary>Stores a descriptor, as a process before has done.</summary>
    public void Put(string name, SafeFileHandle handle)
    {
        lock (_lock)
            _store.Add((name, handle));
    }

    /// <summary>Drops what has hung up, as systemd does at once (FDPOLL=1, the default).</summary>
    public void DropHungUp()
    {
        lock (_lock)
        {
            foreach (var one in _store.ToList())
            {
                Poll poll = new() { Descriptor = (int)one.Handle.DangerousGetHandle() };
                if (PollOne(ref poll, 1, 0) > 0 && (poll.Returned & Poll.HangUpOrError) != 0)
                    Drop(one);
            }
        }
    }

    /// <summary>Drops everything, as at the end of <c>systemctl stop</c>.</summary>
    public void Discard()
    {
        lock (_lock)
            _store.ToList().ForEach(Drop);
    }

    public void Dispose()
    {
        if (!_thread.IsAlive)
            return; // A test has ended it.
        using (var end = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified))
            end.SendTo(Encoding.ASCII.GetBytes(End), new UnixDomainSocketEndPoint(Path));
        _thread.Join();
        _socket.Dispose();
        Discard();
        _barriers.ForEach(barrier => barrier.Dispose());
    }

    private List<T> Copy<T>(List<T> list)
    {
        lock (_lock)
            return [.. list];
    }

    private void Receive()
    {
        var buffer = new byte[MaxLength];
        while (true)
        {
            var length = DescriptorMessage.Receive(_socket, buffer, out var descriptors);
            var message = Encoding.UTF8.GetString(buffer, 0, length);
            if (message == End)
                return;
            lock (_lock)
            {
                _messages.Add(message);
                if (Process(message, descriptors) is { } error)
                    _errors.Add($"{error}: {message.ReplaceLineEndings(" ")} with {descriptors.Count} descriptors");
            }
        }
    }

    /// <summary>Returns what is wrong with a message; null for a documented one.</summary>
    private string? Process(string message, IReadOnlyList<SafeFileHandle> descriptors)
    {
        Dictionary<string, string> values = [];
        foreach (var line in message.Split('\n'))
        {
            if (line.Split('=', 2) is not [var key, var value] || !Keys.Contains(key) || !values.TryAdd(key, value))
                return Refuse($"\"{line}\" is not an assignment, or not known, or comes twice");
        }

        var name = values.GetValueOrDefault("FDNAME");
        if (name is not null && (name.Length is 0 or > 255 || name.Any(c => c is < ' ' or > '~' or ':')))
            return Refuse("FDNAME is not valid");
        if (values.TryGetValue("BARRIER", out var barrier))
        {
            if (barrier != "1" || values.Count != 1 || descriptors.Count != 1)
                return Refuse("BARRIER=1 comes alone, with one descriptor");
            _barriers.Add(descriptors[0]);
            if (!IsSlow)
                descriptors[0].Dispose();
            return null;
        }

        if (values.TryGetValue("FDSTORE", out var store))
        {
            if (store != "1" || name is null || descriptors.Count == 0)
                return Refuse("FDSTORE=1 comes with a name and descriptors");
            foreach (var descriptor in descriptors)
                Store(name, descriptor);
            return null;
        }

        if (descriptors.Count > 0)
            return Refuse("descriptors come with FDSTORE or BARRIER only");
        if (values.TryGetValue("FDSTOREREMOVE", out var remove))
        {
            if (remove != "1" || name is null)
                return "FDSTOREREMOVE=1 comes with a name";
            _store.Where(one => one.Name == name).ToList().ForEach(Drop);
        }

        return null;

        string Refuse(string error)
        {
            foreach (var descriptor in descriptors)
                descriptor.Dispose();
            return error;
        }
    }

    private void Store(string name, SafeFileHandle descriptor)
    {
        if (_store.Count >= _maxStored)
            Refused++;
        if (_store.Count >= _maxStored || _store.Any(one => Identity(one.Handle) == Identity(descriptor)))
            descriptor.Dispose();
        else
            _store.Insert(0, (name, descriptor)); // systemd 252 reverses the order.
    }

    private void Drop((string Name, SafeFileHandle Handle) one)
    {
        _store.Remove(one);
        one.Handle.Dispose();
    }

    private static string? Identity(SafeFileHandle handle) =>
        new FileInfo($"/proc/self/fd/{handle.DangerousGetHandle()}").LinkTarget is var target
        && target?.StartsWith("/memfd:", StringComparison.Ordinal) is true ? $"{handle.DangerousGetHandle()}" : target;

    [StructLayout(LayoutKind.Sequential)]
    private struct Poll
    {
        public const short HangUpOrError = 0x18; // POLLERR, POLLHUP

        public int Descriptor;
        public short Requested;
        public short Returned;
    }

#pragma warning disable SYSLIB1054 // LibraryImport would generate unsafe code, which this assembly does not allow.
    [DllImport("libc", EntryPoint = "poll", SetLastError = true)]
    private static extern int PollOne(ref Poll poll, nint count, int timeout);
#pragma warning restore SYSLIB1054
}
