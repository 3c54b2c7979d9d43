using System.Diagnostics;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.Win32.SafeHandles;

namespace Sockeye;

/// <summary>A server that gets its listeners from another process.</summary>
/// <param name="server">The server, which is not bound.</param>
/// <param name="start">Binds the endpoints of the server that are not among the listeners, and accepts.</param>
/// <param name="log">The log.</param>
internal sealed class ServerSuccessor(SockeyeServer server, Func<InheritedListeners?, Task> start, TakeoverLog log)
    : ISuccessorServer
{
    /// <summary>The maximum time between the end of the predecessor's channel and the end of its last listener.</summary>
    private static readonly TimeSpan PortTimeout = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan PortRetryDelay = TimeSpan.FromMilliseconds(10);

    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private readonly List<TimeSpan> _pauses = [];
    private readonly List<Task> _serving = [];
    private bool _hasStarted;
    private int _cut;

    /// <summary>The socket by which the next process takes over, which the caller disposes of; null before it came.</summary>
    public ListeningDescriptor? TakeoverDescriptor { get; private set; }

    public int InheritedCount { get; private set; }

    /// <summary>Reports the takeover, which has ended, when the handlers of the connections have started.</summary>
    public async Task<TakeoverReport> CreateReportAsync(TakeoverOutcome outcome, int processId, TimeSpan duration)
    {
        await Task.WhenAll(_serving).WaitAsync(StartTimeout, server.Context.Time).WithoutThrowing();
        lock (_lock)
        {
            _pauses.Sort();
            return new()
            {
                Outcome = outcome,
                ProcessId = processId,
                Duration = duration,
                Listeners = InheritedCount,
                Moved = _serving.Count - _cut,
                Cut = _cut,
                MedianPause = GetPauseLocked(0.5),
                P99Pause = GetPauseLocked(0.99),
                MaxPause = GetPauseLocked(1),
            };
        }
    }

    public async Task AttachAsync(IReadOnlyList<HandedListener> listeners)
    {
        using var inherited = new InheritedListeners(Open(listeners));
        await StartAsync(inherited);
        _hasStarted = true;
        server.MarkShared(true);
        InheritedCount = inherited.TakenCount;
        foreach (var unknown in inherited.Left)
            log.LogUnknownListener(unknown.EndPoint);
    }

    public PreparedConnection Prepare(OfferedConnection connection)
    {
        var refusal = TryParse(connection, out var snapshot);
        if (refusal is null)
            return new Incoming(snapshot!, connection, server.Context.Time);
        connection.Handle.Dispose();
        return new(refusal);
    }

    public void Serve(PreparedConnection connection) => _serving.Add(ServeAsync((Incoming)connection));

    public void Discard(PreparedConnection connection) => ((Incoming)connection).Offered.Handle.Dispose();

    public async Task WithdrawAsync()
    {
        TakeoverDescriptor?.Dispose();
        if (_hasStarted)
            await server.StopAcceptingAsync();
    }

    private string? TryParse(OfferedConnection connection, out ConnectionSnapshot? snapshot)
    {
        snapshot = null;
        try
        {
            snapshot = ConnectionSnapshot.Parse(connection.State.Span);
            // A socket that does not own its descriptor changes nothing when it is disposed.
            using var socket = new Socket(new SafeSocketHandle(connection.Handle.DangerousGetHandle(), ownsHandle: false));
            return socket.SocketType is SocketType.Stream ? server.FindRefusal(snapshot)?.Description : "it is not a stream";
        }
        catch (Exception e) when (e is InvalidDataException or SocketException)
        {
            return SentenceText.TrimFullStop(e.Message);
        }
    }

    /// <summary>Serves a connection, which is this process's now: if it cannot be served, it ends.</summary>
    private async Task ServeAsync(Incoming connection)
    {
        try
        {
            if (await server.AttachAsync(connection.Snapshot, connection.Offered.Handle) is not { } refusal)
            {
                AddPause(connection.StoodStill);
                return;
            }

            log.LogCut(connection.Snapshot.ConnectionId, refusal.Description);
        }
        catch (Exception error)
        {
            log.LogCut(connection.Snapshot.ConnectionId, OutsideCode.GetMessage(error));
        }

        lock (_lock)
            _cut++;
        connection.Offered.Handle.Dispose();
    }

    private void AddPause(TimeSpan pause)
    {
        ServerMetrics.OnMoved(pause);
        lock (_lock)
            _pauses.Add(pause);
    }

    private TimeSpan? GetPauseLocked(double quantile)
    {
        Debug.Assert(_lock.IsHeldByCurrentThread, "The pauses are sorted under the lock.");
        return _pauses.Count == 0 ? null : _pauses[(int)Math.Ceiling(_pauses.Count * quantile) - 1];
    }

    /// <summary>Starts the server. After a predecessor that has ended, its ports become free in a moment.</summary>
    private async Task StartAsync(InheritedListeners inherited)
    {
        var time = server.Context.Time;
        var begun = time.GetTimestamp();
        while (true)
        {
            try
            {
                await start(inherited);
                return;
            }
            catch (AddressInUseException) when (time.GetElapsedTime(begun) < PortTimeout)
            {
                await Task.Delay(PortRetryDelay, time);
            }
        }
    }

    private List<InheritedListener> Open(IReadOnlyList<HandedListener> listeners)
    {
        List<InheritedListener> opened = [];
        List<ListeningDescriptor> descriptors = [];
        try
        {
            foreach (var group in listeners.GroupBy(listener => (listener.Group, listener.Role)))
            {
                descriptors = [];
                foreach (var listener in group)
                    descriptors.Add(ListeningDescriptor.Open((SafeFileHandle)listener.Handle, listener.OwnsFile));
                if (group.Key.Role is HandedListenerRole.Takeover)
                    TakeoverDescriptor = descriptors[0];
                else
                    opened.Add(new(group.First().Name, descriptors));
            }

            return opened;
        }
        catch
        {
            TakeoverDescriptor = null;
            foreach (var listener in listeners)
                listener.Handle.Dispose();
            throw;
        }
    }

    private sealed class Incoming(ConnectionSnapshot snapshot, OfferedConnection offered, TimeProvider time)
        : PreparedConnection(refusal: null)
    {
        private readonly long _received = time.GetTimestamp();

        public ConnectionSnapshot Snapshot => snapshot;

        public OfferedConnection Offered => offered;

        public TimeSpan StoodStill => offered.StoodStill + time.GetElapsedTime(_received);
    }
}
