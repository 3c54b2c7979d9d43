using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Sockeye.Cli.Tests.Support;

namespace Sockeye.Cli.Tests.Attacks;

/// <summary>A network namespace (ip-netns(8)) of one test. Its end removes it and kills its processes.</summary>
internal sealed class NetworkNamespace : IAsyncDisposable
{
    private const string Folder = "/run/netns";
    private const string Prefix = "sockeye-test-";

    private static int _made;

    private NetworkNamespace(string name) => Name = name;

    public string Name { get; }

    /// <summary>Skips the test if namespaces are not allowed.</summary>
    public static async Task<NetworkNamespace> CreateAsync()
    {
        Programs.SkipUnlessLinux("network namespaces");
        Programs.SkipUnlessThere("ip");
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Only root may make network namespaces.");
        await RemoveThoseOfTheDeadAsync();
        var made = new NetworkNamespace($"{Prefix}{Environment.ProcessId}-{Interlocked.Increment(ref _made)}");
        var result = await Programs.ResultAsync("ip", ["netns", "add", made.Name], []);
        Assert.SkipUnless(result.ExitCode == 0, $"Network namespaces cannot be made here: {string.Join(' ', result.Errors)}");
        return made;
    }

    /// <summary>Runs ip(8) in it.</summary>
    public Task IpAsync(params string[] arguments) => RunIpAsync(["-n", Name, .. arguments]);

    /// <summary>A socket belongs to the namespace of the thread that made it, whoever uses it afterwards.</summary>
    public Socket NewSocket()
    {
        var made = new TaskCompletionSource<Socket>();
        var thread = new Thread(() =>
        {
            try
            {
                using var file = File.OpenHandle(Path.Combine(Folder, Name), share: FileShare.ReadWrite);
                if (Enter(file, 0) != 0)
                    throw new IOException($"setns({Name}) failed with error {Marshal.GetLastPInvokeError()}.");
                made.SetResult(new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp));
            }
            catch (Exception e)
            {
                made.SetException(e);
            }
        });
        thread.Start();
        thread.Join();
        return made.Task.GetAwaiter().GetResult();
    }

    public async ValueTask DisposeAsync() => await RemoveAsync(Name);

    [DllImport("libc", EntryPoint = "setns", SetLastError = true)]
    private static extern int Enter(SafeFileHandle file, int type);

    /// <summary>Removes the namespaces of a killed test run.</summary>
    private static async Task RemoveThoseOfTheDeadAsync()
    {
        if (!Directory.Exists(Folder))
            return;
        foreach (var name in Directory.GetFiles(Folder, $"{Prefix}*").Select(path => Path.GetFileName(path)))
        {
            if (!Directory.Exists($"/proc/{name[Prefix.Length..].Split('-')[0]}"))
                await RemoveAsync(name);
        }
    }

    private static async Task RemoveAsync(string name)
    {
        foreach (var id in (await Programs.ResultAsync("ip", ["netns", "pids", name], [])).Text.Split('\n'))
        {
            if (int.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
                Kill(number);
        }

        // Two test runs may remove the same namespace.
        if (File.Exists(Path.Combine(Folder, name)))
            await RunIpAsync(["netns", "del", name]);
    }

    private static void Kill(int id)
    {
        try
        {
            using var process = Process.GetProcessById(id);
            process.Kill();
        }
        catch (ArgumentException)
        {
            // The process has ended by itself.
        }
    }

    private static async Task RunIpAsync(string[] arguments)
    {
        var result = await Programs.ResultAsync("ip", arguments, []);
        Assert.True(result.ExitCode == 0, $"ip {string.Join(' ', arguments)}: {string.Join(' ', result.Errors)}");
    }
}
