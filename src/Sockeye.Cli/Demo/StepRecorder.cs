using System.Threading.Channels;

namespace Sockeye.Cli;

/// <summary>Collects the steps of both sides, and waits for those that a scene needs.</summary>
internal sealed class StepRecorder
{
    public const string Server = "server";
    public const string Client = "client";

    // Later steps would not come either.
    private static readonly TimeSpan StepTimeout = TimeSpan.FromSeconds(10);

    private readonly Channel<(string Side, SocketStep Step)> _steps = Channel.CreateUnbounded<(string, SocketStep)>();

    public SocketTransport CreateTransport(string side) =>
        new(new() { OnStep = step => _steps.Writer.TryWrite((side, step)) });

    /// <summary>Waits for each of the expected steps, and returns them in that order, which is the order of cause and effect. The
    /// two sides report steps on separate threads, so the steps may arrive in another order.</summary>
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
                ExitCodes.Failed,
                $"the demo waited {StepTimeout.TotalSeconds:0} s for {string.Join(", ", names)}, which did not happen.");
        }

        return [.. taken.OrderBy(t => Array.IndexOf(expected, (t.Side, t.Step.Function)))];
    }

    /// <summary>Discards steps that no scene waits for.</summary>
    public void Clear()
    {
        while (_steps.Reader.TryRead(out _))
        {
        }
    }
}
