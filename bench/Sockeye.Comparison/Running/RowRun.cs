using System.ComponentModel;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Sockeye.Comparison.Contestants;
using Sockeye.Comparison.Measuring;
using Sockeye.Comparison.Scenarios;
using Sockeye.Comparison.Servers;

namespace Sockeye.Comparison.Running;

/// <summary>One server during one scenario. What goes wrong with it is noted, and the others go on.</summary>
internal sealed class RowRun(
    Contestant contestant, ServerMode mode, Scenario scenario, RunOptions options, IConnectionFactory factory, TimeProvider time)
    : IAsyncDisposable
{
    /// <summary>The part of the processors that other programs may have without a window being measured again.</summary>
    private const double MaxOtherLoad = 0.10;

    private const int MaxAttempts = 3;

    private readonly WindowRun _windows = new(scenario, mode, options, factory, time);
    private ServerProcess? _server;

    public RowResult Result { get; } = new(contestant, mode, NamesMode: scenario.Modes.Count > 1);

    public Task StartAsync(CancellationToken cancellationToken) => RecordProblemAsync(async () =>
    {
        _server = await ServerProcess.StartAsync(contestant, mode, options.ServerProcessor, cancellationToken);
        await _windows.CheckAsync(_server.EndPoint, cancellationToken);
        if (scenario.Kind != LoadKind.Idle)
        {
            await _windows.WarmUpAsync(_server, cancellationToken);
            return;
        }

        // This start showed that it runs here; the measurements have separate servers.
        await _server.DisposeAsync();
        _server = null;
    });

    public Task MeasureAsync(int round, CancellationToken cancellationToken) => RecordProblemAsync(async () =>
    {
        Result.Windows.Add(scenario.Kind == LoadKind.Idle
            ? await new IdleRun(scenario, options, factory, time).MeasureAsync(contestant, mode, round, cancellationToken)
            : await MeasureUndisturbedAsync(round, cancellationToken));
    });

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
            await _server.DisposeAsync();
    }

    /// <summary>Measures again where other programs disturbed, and keeps the window that they disturbed the least.</summary>
    private async Task<WindowSample> MeasureUndisturbedAsync(int round, CancellationToken cancellationToken)
    {
        var best = await _windows.MeasureAsync(_server!, round, cancellationToken);
        for (var attempt = 1; attempt < MaxAttempts && best.OthersBusy > MaxOtherLoad; attempt++)
        {
            var window = await _windows.MeasureAsync(_server!, round, cancellationToken);
            best = window.OthersBusy < best.OthersBusy ? window : best;
        }

        return best;
    }

    private async Task RecordProblemAsync(Func<Task> step)
    {
        try
        {
            await step();
        }
        catch (UnavailableException e)
        {
            Result.Problem = $"unavailable: {e.Message}";
        }
        catch (Exception e) when (
            e is IOException or InvalidDataException or SocketException or TimeoutException or Win32Exception)
        {
            Result.Problem = $"failed: {_server?.ExitDescription ?? e.Message}";
        }
    }
}
