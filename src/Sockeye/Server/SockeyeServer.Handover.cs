using System.Diagnostics;
using Microsoft.Extensions.Logging;

namespace Sockeye;

public sealed partial class SockeyeServer
{
    private static readonly TimeSpan ResumeDelay = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan MaxSpread = TimeSpan.FromMinutes(1);
    private const int MaxTakeovers = 8;

    private readonly Lock _takeoversLock = new();
    private readonly TaskCompletionSource _takenOver = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Gets a task that completes when another process has taken over (<c>options.UseTakeover</c>): the server stops by
    /// itself, and the program can end when <see cref="StopAsync"/> has completed. It never completes otherwise.</summary>
    public Task TakenOver => _takenOver.Task;

    /// <summary>Gets the takeovers of this server that have ended, the last 8, newest first.</summary>
    public IReadOnlyList<TakeoverReport> Takeovers { get; private set; } = [];

    /// <summary>Creates a descriptor of each listening socket, for another process or for the descriptor store of systemd. The
    /// server continues to accept. From now on, ending it leaves the sockets, and the files of Unix sockets, as they
    /// are.</summary>
    /// <returns>The descriptors, which the caller disposes of.</returns>
    /// <exception cref="NotSupportedException">The transport has no descriptors for another process.</exception>
    /// <exception cref="IOException">No descriptor is left.</exception>
    /// <exception cref="PlatformNotSupportedException">The system is Windows.</exception>
    public IReadOnlyList<ListeningDescriptor> ShareDescriptors() =>
        [.. ShareListeners().SelectMany(listener => listener.Descriptors)];

    internal ServerContext Context => _context;

    /// <summary>Whether another process serves.</summary>
    internal bool IsTakenOver => _takenOver.Task.IsCompleted;

    /// <summary>Whether another process serves, from the last step of its takeover on. Set while reloads are blocked.</summary>
    internal bool IsHandedOver { get; set; }

    /// <summary>The number of connections that have not moved.</summary>
    internal int StayingCount => _listeners.All.SelectMany(listener => listener.Connections).Count(one => !one.HasMoved);

    /// <summary>Prevents reloads until the result is disposed.</summary>
    internal async Task<IDisposable> BlockReloadsAsync(CancellationToken cancellationToken)
    {
        await _reloadLock.AcquireAsync(cancellationToken);
        return new ReloadBlock(_reloadLock);
    }

    /// <summary>Creates descriptors of all listeners for another process. From now on, ending a listener leaves its sockets as
    /// they are.</summary>
    /// <returns>The listeners, which the caller disposes of.</returns>
    internal IReadOnlyList<InheritedListener> ShareListeners()
    {
        List<InheritedListener> shared = [];
        try
        {
            foreach (var listener in _listeners.Active.Where(listener => !listener.AcceptsNoMore))
            {
                if (listener.Listener is not ISharedListener sharable)
                {
                    throw new NotSupportedException(
                        $"The listener of {listener.EndPoint} cannot be handed over: "
                            + $"{_configuration.Transport.GetType().Name} has no descriptors for another process");
                }

                shared.Add(new(listener.Configuration.Options.ToString(), sharable.GetDescriptors()));
                listener.IsShared = true;
            }

            return shared;
        }
        catch
        {
            shared.ForEach(listener => listener.Dispose());
            MarkShared(false);
            throw;
        }
    }

    /// <summary>Decides whether ending a listener leaves its sockets as they are, for another process.</summary>
    internal void MarkShared(bool isShared)
    {
        foreach (var listener in _listeners.Active)
            listener.IsShared = isShared;
    }

    /// <summary>Stops to accept on all listeners, which are shared.</summary>
    internal Task StopAcceptingAsync() => Task.WhenAll(_listeners.Active.Select(listener => listener.StopAcceptingAsync()));

    /// <summary>Accepts again, on the sockets of before.</summary>
    /// <param name="shared">The result of <see cref="ShareListeners"/>.</param>
    internal async Task ResumeAcceptingAsync(IReadOnlyList<InheritedListener> shared)
    {
        var inherited = new InheritedListeners(shared); // The caller's, and not disposed here.
        var before = _listeners.Active;
        var configurations = before.Select(listener => listener.Configuration).Distinct()
            .ToDictionary(configuration => configuration.Options);
        List<ActiveListener> listeners = [];
        foreach (var listen in _configuration.Endpoints)
        {
            while (true)
            {
                try
                {
                    listeners.AddRange(await BindAsync(_configuration, configurations, [listen], inherited, _stopping.Token));
                    break;
                }
                catch (IOException error)
                {
                    // No descriptor may be left at this moment. The sockets stay open, and clients wait in their queues.
                    LogResumeFailed(error, listen, SentenceText.TrimFullStop(error.Message));
                    await Task.Delay(ResumeDelay, _context.Time, _stopping.Token);
                }
            }
        }

        _listeners.Replace(listeners);
        listeners.ForEach(Start);
        foreach (var listener in before)
            listener.Draining = RemoveWhenEmptyAsync(listener);
    }

    internal void AddTakeover(TakeoverReport report)
    {
        report = report with { EndedAt = _context.Time.GetUtcNow() };
        ServerMetrics.OnTakeover(report);
        lock (_takeoversLock)
            Takeovers = [report, .. Takeovers.Take(MaxTakeovers - 1)];
    }

    /// <summary>Ends the server, because another process serves.</summary>
    internal void OnTakenOver()
    {
        _takenOver.TrySetResult();
        _ = StopAsync();
    }

    private static TimeSpan SpreadOf(TimeSpan timeout) =>
        timeout == Timeout.InfiniteTimeSpan || timeout / 2 > MaxSpread ? MaxSpread : timeout / 2;

    /// <summary>Removes a listener that does not accept, when its connections have ended.</summary>
    private Task RemoveWhenEmptyAsync(ActiveListener listener) => _logger.GuardAsync(
        "ending", listener.EndPoint, async () =>
        {
            await listener.WhenEmpty().WaitAsync(_stopping.Token).WithoutThrowing();
            if (_stopping.IsCancellationRequested)
                return; // The stop has it.
            await listener.DisposeAsync();
            _listeners.Remove(listener);
        });

    [LoggerMessage(1380, LogLevel.Error, "Cannot accept on {EndPoint} yet, after a takeover that failed: {Reason}.")]
    private partial void LogResumeFailed(Exception error, ListenOptions endpoint, string reason);

    private sealed class ReloadBlock(AsyncLock reloads) : IDisposable
    {
        private int _isReleased;

        public void Dispose()
        {
            var wasReleased = Interlocked.Exchange(ref _isReleased, 1);
            Debug.Assert(wasReleased == 0, "A block of reloads ends once.");
            reloads.Release();
        }
    }
}
