using System.Net;
using System.Net.Sockets;

namespace Sockeye.Takeover.Tests.Support;

/// <summary>Finds the descriptors that were opened since its creation and are open still.</summary>
/// <remarks>
/// It counts sockets, pipes, event objects, stored states and the files of one folder, by the object behind the descriptor. The
/// runtime opens other files when it needs them (assemblies, /proc), and what earlier tests had open may close at any time:
/// neither counts.
/// </remarks>
internal sealed class DescriptorWatch
{
    private readonly string _folder;
    private readonly Dictionary<string, int> _before;

    private DescriptorWatch(string folder) => (_folder, _before) = (folder, Count(folder));

    /// <param name="folder">The folder of the test.</param>
    public static async Task<DescriptorWatch> StartAsync(string folder)
    {
        await OpenWhatStaysAsync();
        return new(folder);
    }

    /// <summary>Waits until all of them are closed.</summary>
    public Task AllCloseAsync() =>
        TestWait.UntilAsync(() => FindNew().Count == 0, () => $"Left open: {string.Join("; ", FindNew().Select(Describe))}");

    /// <summary>Lets the runtime create its epoll, and Sockeye the socket that takes the place of those that leave. Both stay
    /// open until the process ends.</summary>
    private static async Task OpenWhatStaysAsync()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        var accepting = listener.AcceptAsync(TestContext.Current.CancellationToken);
        using var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await client.ConnectAsync(listener.LocalEndPoint!, TestContext.Current.CancellationToken);
        using var accepted = await accepting;
        SharedDescriptor.Duplicate(accepted.SafeHandle).Dispose();
    }

    private List<string> FindNew() =>
        [.. Count(_folder).Where(one => one.Value > _before.GetValueOrDefault(one.Key)).Select(one => one.Key)];

    private static Dictionary<string, int> Count(string folder) => Directory.GetFileSystemEntries("/proc/self/fd")
        .Select(ReadTarget)
        .OfType<string>()
        .Where(target => target.StartsWith("socket:", StringComparison.Ordinal)
            || target.StartsWith("pipe:", StringComparison.Ordinal)
            || target.StartsWith("anon_inode:", StringComparison.Ordinal)
            || target.StartsWith($"/memfd:{SystemdConnectionStore.Name}", StringComparison.Ordinal)
            || target.StartsWith(folder, StringComparison.Ordinal))
        .CountBy(target => target).ToDictionary();

    private static string? ReadTarget(string entry)
    {
        try
        {
            return new FileInfo(entry).LinkTarget;
        }
        catch (IOException)
        {
            return null; // It was closed meanwhile.
        }
    }

    /// <summary>Adds the addresses of a socket.</summary>
    private static string Describe(string target)
    {
        var inode = target.Replace("socket:[", "", StringComparison.Ordinal).TrimEnd(']');
        var lines = ((string[])["tcp", "tcp6", "unix"]).SelectMany(table => File.ReadLines($"/proc/net/{table}"))
            .Where(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries).Contains(inode))
            .Select(line => line.Trim());
        return $"{target} {string.Join(", ", lines)}".TrimEnd();
    }
}
