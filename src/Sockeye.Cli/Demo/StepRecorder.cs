using System.Collections.Concurrent;
using System.Net;
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

    private readonly ConcurrentDictionary<EndPoint, bool> _clients = new();

    public SocketTransport CreateTransport(string side) => new(new() { OnStep = step => Record(side, step) });

    /// <summary>Adds a client of the demo. Steps of the server for other clients are ignored.</summary>
    public void Watch(EndPoint client) => _clients[client] = true;

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
                if (IsForOther(side, step))
                    continue;
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

    private bool IsForOther(string side, SocketStep step) =>
        side == Server && step.RemoteEndPoint is { } remote && !_clients.ContainsKey(remote);

    private void Record(string side, SocketStep step)
    {
        // A client of the demo may be accepted before it is added; everything else follows.
        if (step.Function is SocketFunction.Accept || !IsForOther(side, step))
            _steps.Writer.TryWrite((side, step));
    }
}
