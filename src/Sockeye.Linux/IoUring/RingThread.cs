using System.Diagnostics.CodeAnalysis;

namespace Sockeye.Linux;

/// <summary>An engine thread on io_uring(7): one ring, and the buffers that it receives into.</summary>
/// <remarks>One call a turn submits what was prepared, waits, and brings what completed.</remarks>
[SuppressMessage("Design", "CA1001", Justification = "The thread disposes of what it owns when it ends.")]
internal sealed class RingThread(EngineSetup setup, int index) : EngineThread(setup, index)
{
    private const uint PollIn = 1; // POLLIN
    private const uint PollOut = 4; // POLLOUT

    private readonly ConnectionSlots<RingConnection> _connections = new();
    private readonly ConnectionSlots<DescriptorWatch> _watches = new();

    public Ring Ring { get; private set; } = null!;

    /// <summary>For messages.</summary>
    public ReceiveBuffers Small { get; private set; } = null!;

    /// <summary>For streams.</summary>
    public ReceiveBuffers Large { get; private set; } = null!;

    /// <summary>Whether the kernel ends a multishot receive after so many bytes. Without, each receive is asked for.</summary>
    public bool HasReceiveLimit { get; } = IoUringProbe.Result.HasReceiveLimit && !setup.AvoidsReceiveLimit;

    public override long LentBytes => (Small?.LentBytes ?? 0) + (Large?.LentBytes ?? 0);

    public override EngineConnection NewConnection(ConnectedSocket socket) => new RingConnection(this, socket);

    public ulong Register(RingConnection connection, int descriptor)
    {
        ThrowIfRefused(descriptor);
        return _connections.Add(connection);
    }

    public void Forget(ulong number) => _connections.Remove(number);

    public override void Begin(DescriptorWatch watch)
    {
        ThrowIfRefused(watch.Descriptor);
        watch.Number = _watches.Add(watch);
        Arm(watch);
    }

    public override void End(DescriptorWatch watch)
    {
        // The watch has ended when its poll has; nobody waits for the cancel itself.
        watch.IsEnding = true;
        Ring.Next().Cancel(watch.Descriptor, RingMark.Of(RingOperation.Cancel, 0));
    }

    protected override void Open()
    {
        var sizes = Setup.RingSizes;
        Ring = Ring.Create(new() { SubmissionEntries = sizes.Submissions, CompletionEntries = sizes.Completions });
        Small = new(Ring, this, 0, SegmentPool.SmallSize, sizes.SmallBuffers, sizes.MaxSmallBuffers);
        Large = new(Ring, this, 1, SegmentPool.LargeSize, sizes.LargeBuffers, sizes.LargeBuffers);
        WatchWakeUp();
    }

    protected override bool Wait(int timeout)
    {
        Small.Publish();
        Large.Publish();
        Ring.Enter(timeout == 0 ? 0u : 1u, TimeSpan.FromMilliseconds(timeout));
        WakeUp.EndSleep();
        var any = false;
        for (; Ring.TryTake(out var completion); any = true)
        {
            try
            {
                OnCompleted(completion);
            }
            catch (Exception e) when (e is not RingException)
            {
                Setup.Trouble.Report(Name, e);
            }
        }

        return any;
    }

    protected override IEnumerable<EngineConnection> Connections() => _connections.All();

    protected override void Close()
    {
        Small?.Dispose();
        Large?.Dispose();
        Ring?.Dispose();
    }

    private void ThrowIfRefused(int descriptor)
    {
        if (Setup.RefuseToWatch(descriptor) is not Errno.None and var error)
            throw error.ToException();
    }

    private void OnCompleted(in Completion completion)
    {
        var (operation, number) = RingMark.Read(completion.UserData);
        switch (operation)
        {
            case RingOperation.WakeUp:
                if (!completion.HasMore)
                    WatchWakeUp();
                break;
            case RingOperation.Watch:
                OnWatch(number, completion);
                break;
            case RingOperation.ReceiveSmall:
                OnReceived(number, Small, completion);
                break;
            case RingOperation.ReceiveLarge:
                OnReceived(number, Large, completion);
                break;
            case RingOperation.Send:
                OnSent(number, completion.Result);
                break;
            case RingOperation.Cancel:
                _connections.Find(number)?.OnCancelCompleted();
                break;
        }
    }

    private void OnReceived(ulong number, ReceiveBuffers buffers, in Completion completion)
    {
        var segment = completion.HasBuffer ? buffers.Take(completion.BufferId, Math.Max(completion.Result, 0)) : null;
        if (_connections.Find(number) is not { } connection)
        {
            segment?.Release();
            return;
        }

        try
        {
            connection.OnReceiveCompleted(segment, completion.Result, completion.HasMore, buffers);
        }
        catch (Exception e) when (e is not RingException)
        {
            connection.OnWorkFailed(e);
        }
    }

    private void OnSent(ulong number, int result)
    {
        if (_connections.Find(number) is not { } connection)
            return;
        try
        {
            connection.OnSendCompleted(result);
        }
        catch (Exception e) when (e is not RingException)
        {
            connection.OnWorkFailed(e);
        }
    }

    private void OnWatch(ulong number, in Completion completion)
    {
        if (_watches.Find(number) is not { } watch)
            return;
        if (!watch.IsEnding && completion.Result < 0)
            watch.OnFailed(((Errno)(-completion.Result)).ToException());
        else if (!watch.IsEnding)
            watch.OnReady();
        if (completion.HasMore)
            return;
        if (!watch.IsEnding)
        {
            Arm(watch);
            return;
        }

        _watches.Remove(number);
        watch.OnEnded();
    }

    private void Arm(DescriptorWatch watch) => Ring.Next().PollMultishot(
        watch.Descriptor, watch.ForWriting ? PollOut : PollIn, RingMark.Of(RingOperation.Watch, watch.Number));

    private void WatchWakeUp() => Ring.Next().PollMultishot(WakeUp.Descriptor, PollIn, RingMark.Of(RingOperation.WakeUp, 0));
}
