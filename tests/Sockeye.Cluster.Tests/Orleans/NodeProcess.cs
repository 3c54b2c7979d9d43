using System.Diagnostics;
using System.Globalization;

namespace Sockeye.Clustering.Tests.Orleans;

/// <summary>A node in a separate process. It ends with its input, so also when this process does.</summary>
internal sealed class NodeProcess : IAsyncDisposable
{
    /// <summary>A process starts slowly on a busy machine.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);

    private readonly Process _process;
    private readonly Lock _lock = new();
    private readonly List<string> _lines = [];
    private readonly List<(Predicate<string> IsMeant, TaskCompletionSource Source)> _waits = [];

    private NodeProcess(Process process, ClusterNode node)
    {
        _process = process;
        Node = node;
        process.OutputDataReceived += (_, line) => Add(line.Data);
        process.ErrorDataReceived += (_, line) => Add(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    public ClusterNode Node { get; }

    public static async Task<NodeProcess> StartAsync(
        string redis, string silos, string cluster, ClusterNode node, TimeSpan nodeTimeout)
    {
        var program = Path.Combine(AppContext.BaseDirectory, "Sockeye.Cluster.Node.dll");
        var start = new ProcessStartInfo(
            "dotnet",
            [
                program, redis, silos, cluster, node.Name, node.Incarnation.ToString(CultureInfo.InvariantCulture),
                nodeTimeout.TotalSeconds.ToString(CultureInfo.InvariantCulture),
            ])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        var started = new NodeProcess(Process.Start(start)!, node);
        try
        {
            await started.UntilLineAsync(
                line => line.StartsWith("connected True", StringComparison.Ordinal), "the node is connected");
            return started;
        }
        catch
        {
            await started.DisposeAsync();
            throw;
        }
    }

    public async Task SubscribeAsync(string topic)
    {
        await _process.StandardInput.WriteLineAsync($"subscribe {topic}");
        await UntilLineAsync(line => line == $"subscribed {topic}", $"a subscription to {topic}");
    }

    public Task PublishAsync(string topic, string text) => _process.StandardInput.WriteLineAsync($"publish {topic} {text}");

    public async Task UntilLineAsync(Predicate<string> isMeant, string what)
    {
        TaskCompletionSource source = new(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lock)
        {
            if (_lines.Exists(isMeant))
                return;
            _waits.Add((isMeant, source));
        }

        try
        {
            await source.Task.WaitAsync(Limit, TimeProvider.System, TestContext.Current.CancellationToken);
        }
        catch (TimeoutException)
        {
            lock (_lock)
                Assert.Fail($"It did not happen in {Limit.TotalSeconds} s: {what}. The node wrote: {string.Join('\n', _lines)}");
        }
    }

    /// <summary>Stops the process without an end: its sockets stay open, and it does not answer.</summary>
    public Task SuspendAsync() => SignalAsync("STOP");

    public Task ResumeAsync() => SignalAsync("CONT");

    /// <summary>Waits until the process has ended by itself.</summary>
    public Task UntilEndAsync() => _process.WaitForExitAsync(TestContext.Current.CancellationToken)
        .WaitAsync(Limit, TimeProvider.System, TestContext.Current.CancellationToken);

    /// <summary>Kills the process by SIGKILL, and returns when it is gone.</summary>
    public async Task KillAsync()
    {
        if (!_process.HasExited)
            _process.Kill();
        await _process.WaitForExitAsync(CancellationToken.None);
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        _process.Dispose();
    }

    private async Task SignalAsync(string signal)
    {
        using var kill = Process.Start("/bin/kill", [$"-{signal}", _process.Id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync(CancellationToken.None);
        Assert.Equal(0, kill.ExitCode);
    }

    private void Add(string? line)
    {
        if (line is null)
            return;
        lock (_lock)
        {
            _lines.Add(line);
            foreach (var (_, source) in _waits.Where(wait => wait.IsMeant(line)))
                source.TrySetResult();
        }
    }
}
