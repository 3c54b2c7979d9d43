using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net.Sockets;

namespace Sockeye;

/// <summary>Takes over at the start of a server, and hands over while it runs.</summary>
/// <param name="path">The full path of the socket.</param>
/// <param name="options">The options.</param>
[SuppressMessage("Design", "CA1001", Justification = "The end of the server, OnUnboundAsync, disposes its fields.")]
internal sealed class ServerTakeover(string path, TakeoverOptions options) : IServerHandover
{
    private static readonly TimeSpan AcceptRetryDelay = TimeSpan.FromMilliseconds(100);

    private readonly CancellationTokenSource _stopping = new();
    private readonly TaskCompletionSource _unbound = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private SockeyeServer _server = null!;
    private TakeoverLog _log = null!;
    private TakeoverSocket? _socket;
    private Task _accepting = Task.CompletedTask;
    private int _isBusy;
    private bool _isTakenOver;

    public string Path => path;

    public async Task StartAsync(
        SockeyeServer server, Func<InheritedListeners?, Task> start, CancellationToken cancellationToken)
    {
        (_server, _log) = (server, new(server.Context.CreateLogger("Sockeye.Takeover")));
        TakeoverFolder.ThrowIfUnsafe(path);
        if (await TakeoverSocket.TryConnectAsync(path, cancellationToken) is { } predecessor)
            await TakeOverAsync(predecessor, start, cancellationToken);
        else
            await StartFirstAsync(start);
        _accepting = server.Context.Scheduler.RunAsync(AcceptAllAsync);
    }

    public void OnStopping() => _stopping.Cancel();

    public async ValueTask OnUnboundAsync()
    {
        _unbound.TrySetResult();
        await _accepting;
        _socket?.Close(leavesFile: _isTakenOver);
        _stopping.Dispose();
    }

    private async Task StartFirstAsync(Func<InheritedListeners?, Task> start)
    {
        // Before the server listens, so that of two processes that start at once, one fails without a trace.
        _socket = TakeoverSocket.Listen(path);
        try
        {
            await start(null);
        }
        catch
        {
            _socket.Close(leavesFile: false);
            _socket = null;
            throw;
        }
    }

    private async Task TakeOverAsync(
        Socket predecessor, Func<InheritedListeners?, Task> start, CancellationToken cancellationToken)
    {
        var time = _server.Context.Time;
        var begun = time.GetTimestamp();
        var adapter = new ServerSuccessor(_server, start, _log);
        await using var channel = new UnixTakeoverChannel(predecessor, time);
        var successor = new Successor(channel, adapter, Environment.ProcessId, time, options.StepTimeout, options.OnStep);
        bool isComplete;
        try
        {
            isComplete = await successor.RunAsync(cancellationToken);
            using var descriptor = adapter.TakeoverDescriptor;
            _socket = descriptor is null ? TakeoverSocket.Listen(path) : TakeoverSocket.Attach(descriptor);
        }
        catch (Exception error)
        {
            if (_server.EndPoints.Count > 0)
            {
                if (error is not OperationCanceledException)
                    _log.LogDidNotTakeOver(OutsideCode.GetMessage(error));
                await _server.StopAsync(CancellationToken.None);
            }

            if (error is TakeoverException failed)
                throw new IOException($"Did not take over at {UnixPathText.Shown(path)}: {failed.Message}", failed);
            throw;
        }

        _server.MarkShared(false);
        var report = await adapter.CreateReportAsync(
            isComplete ? TakeoverOutcome.TookOver : TakeoverOutcome.PredecessorEnded, successor.PredecessorId,
            time.GetElapsedTime(begun));
        _server.AddTakeover(report);
        if (isComplete)
        {
            _log.LogTookOver(
                report.ProcessId, report.Listeners, report.Moved, report.Duration, DescribePauses(report));
        }
        else
        {
            _log.LogPredecessorEnded(report.ProcessId, report.Listeners, report.Moved);
        }
    }

    private static string DescribePauses(TakeoverReport report) => report.MaxPause is null ? "none" : string.Create(
        CultureInfo.InvariantCulture,
        $"median {report.MedianPause?.TotalMilliseconds:0.0} ms, p99 {report.P99Pause?.TotalMilliseconds:0.0} ms, "
            + $"longest {report.MaxPause?.TotalMilliseconds:0.0} ms");

    /// <summary>Serves the processes that come, one at a time, until one has taken over.</summary>
    private async Task AcceptAllAsync()
    {
        var serving = Task.CompletedTask;
        while (!_isTakenOver && !_stopping.IsCancellationRequested)
        {
            try
            {
                var socket = await _socket!.AcceptAsync(_stopping.Token);
                if (Interlocked.Exchange(ref _isBusy, 1) == 0)
                    serving = ServeAsync(socket);
                else
                    _ = RefuseAsync(socket, "Another process takes over at this moment. Try again when it has finished.");
            }
            catch (OperationCanceledException)
            {
                break;
            }
            catch (SocketException error)
            {
                _log.LogAcceptFailed(error, path, SentenceText.TrimFullStop(error.Message));
                await Task.Delay(AcceptRetryDelay, _server.Context.Time, _stopping.Token).WithoutThrowing();
            }
        }

        await serving;
    }

    private async Task ServeAsync(Socket socket)
    {
        var peer = PeerCredentials.Read(socket);
        if (peer.UserId != PeerCredentials.OwnUserId)
        {
            await RefuseAsync(socket,
                $"The process that serves is of the user {PeerCredentials.OwnUserId}, and hands over to the same user only, not "
                    + $"to the user {peer.UserId}.");
        }
        else
        {
            await HandOverAsync(socket, peer.ProcessId);
        }

        Volatile.Write(ref _isBusy, 0);
    }

    private async Task HandOverAsync(Socket socket, int processId)
    {
        _log.LogBegins(processId);
        var begun = _server.Context.Time.GetTimestamp();
        await using var channel = new UnixTakeoverChannel(socket, _server.Context.Time);
        await using var adapter = new ServerPredecessor(_server, _socket!);
        var predecessor = new Predecessor(
            channel, adapter, Environment.ProcessId, _server.Context.Time, options.StepTimeout, options.OnStep);
        try
        {
            using (await _server.BlockReloadsAsync(_stopping.Token))
            {
                await predecessor.RunAsync(_stopping.Token);
                _server.IsHandedOver = true;
            }

            _isTakenOver = true;
            // Before the channel closes: the other process reports that it is ready after that.
            NotifyManager(processId);
            var report = CreateReport(TakeoverOutcome.HandedOver) with { Stayed = await adapter.CountStayingAsync() };
            _server.AddTakeover(report);
            _log.LogTakenOver(processId, report.Listeners, report.Moved, report.Stayed);
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            // The successor takes the end of the channel for the end of this process, so the end of the listeners comes first.
            _isTakenOver = adapter.HasShared;
            await _unbound.Task;
            return;
        }
        catch (Exception error)
        {
            _server.AddTakeover(CreateReport(TakeoverOutcome.Failed) with { Reason = OutsideCode.GetMessage(error) });
            _log.LogFailed(error, processId, predecessor.Moved, OutsideCode.GetMessage(error));
            _server.MarkShared(false);
            return;
        }

        _stopping.Cancel(); // Ends the accept.
        _server.OnTakenOver();

        TakeoverReport CreateReport(TakeoverOutcome outcome) => new()
        {
            Outcome = outcome,
            ProcessId = processId,
            Duration = _server.Context.Time.GetElapsedTime(begun),
            Listeners = adapter.ListenerCount,
            Moved = predecessor.Moved,
        };
    }

    /// <summary>Makes the process that serves the main one of the service, if this is a service of systemd.</summary>
    private void NotifyManager(int processId)
    {
        try
        {
            using var notifier = SystemdNotifier.FromEnvironment();
            if (notifier?.MainProcess(processId) is { } isSent)
                _log.LogMainProcess(processId, isSent ? "it has the message" : "it does not take the message");
        }
        catch (InvalidOperationException error)
        {
            _log.LogMainProcess(processId, SentenceText.TrimFullStop(error.Message)); // NOTIFY_SOCKET is invalid.
        }
    }

    private async Task RefuseAsync(Socket socket, string reason)
    {
        await using var channel = new UnixTakeoverChannel(socket, _server.Context.Time);
        var processId = PeerCredentials.Read(socket).ProcessId;
        _log.LogRefused(processId, reason);
        _server.AddTakeover(new() { Outcome = TakeoverOutcome.Refused, ProcessId = processId, Reason = reason });
        try
        {
            await channel.SendAsync(new TakeoverMessage.Refusal(reason));
        }
        catch (IOException)
        {
            // It has left.
        }
    }
}
