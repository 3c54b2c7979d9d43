using System.Threading.Channels;

namespace Sockeye.Cli;

/// <summary>Collects the steps of both sides, and waits for those that a scene needs.</summary>
internal sealed class StepRecorder
{
    public const string Server = "server";
    public const string Client = "client";

    // A step that has not come by then will not come.
    private static readonly TimeSpan StepTimeout = TimeSpan.FromSeconds(10);

    private readonly Channel<(string Side, SocketStep Step)> _steps = Channel.CreateUnbounded<(string, SocketStep)>();

    public SocketTransport CreateTransport(string side) =>
        new(new() { OnStep = step => _steps.Writer.TryWrite((side, step)) });

    /// <summary>Waits until each of these has come, and answers them in this order: the one in which they caused each other. The
    /// two sides tell of their steps on threads of their own, which may be another one.</summary>
    public async Task<IReadOnlyList<(string Side, SocketStep Step)>> TakeAsync(
        params (string Side, SocketFunction Function)[] expected)
    {
        var missing = expected.ToList();
        List<(string Side, SocketStep Step)> taken = [];
        using var timeout = new CancellationTokenSource(StepTimeout, TimeProvider.System);
        try
        {
            while (missing.Count > 0)
            {
                var (side, step) = await _steps.Reader.ReadAsync(timeout.Token);
                taken.Add((side, step));
                missing.Remove((side, step.Function));
            }
        }
        catch (OperationCanceledException)
        {
            var names = missing.Select(m => $"{m.Side} {StepText.Function(m.Function)}()");
            throw new CommandException(
                ExitCodes.Failed, $"the demo waited {StepTimeout.TotalSeconds:0} s in vain for {string.Join(", ", names)}.");
        }

        return [.. taken.OrderBy(t => Array.IndexOf(expected, (t.Side, t.Step.Function)))];
    }

    /// <summary>Forgets what came and nobody waited for.</summary>
    public void Clear()
    {
        while (_steps.Reader.TryRead(out _))
        {
        }
    }
}
