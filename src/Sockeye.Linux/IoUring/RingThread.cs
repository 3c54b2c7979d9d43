using System.Diagnostics.CodeAnalysis;

namespace Sockeye.Linux;

/// <summary>An engine thread on io_uring(7): one ring, and the buffers that it receives into.</summary>
/// <remarks>One call a turn submits what was prepared, waits, and brings what completed.</remarks>
[SuppressMessage("Design", "CA1001", Justification = "The thread disposes of what it owns when it ends.")]
internal sealed class RingThread(EngineSetup setup, int index) : EngineThread(setup, index)
{
    private const uint PollIn = 1; // POLLIN
    private const uint PollOut = 4; // POLLOUT

    private readonly TokenTable<RingConnection> _connections = new();
    private readonly TokenTable<Registration> _registrations = new();

    public Ring Ring { get; private set; } = null!;

    /// <summary>For messages.</summary>
    public ReceiveBuffers SmallBuffers { get; private set; } = null!;

    /// <summary>For streams.</summary>
    public ReceiveBuffers LargeBuffers { get; private set; } = null!;

    /// <summary>Whether the kernel ends a multishot receive after so many bytes. Without, each receive is asked for.</summary>
    public bool HasReceiveLimit { get; } = IoUringProbe.Result.HasReceiveLimit && !setup.AvoidsReceiveLimit;

    public override long RentedBytes => (SmallBuffers?.RentedBytes ?? 0) + (LargeBuffers?.RentedBytes ?? 0);

    public override EngineConnection NewConnection(ConnectedSocket socket) => new RingConnection(this, socket);

    public ulong RegisterSocket(RingConnection connection, int descriptor)
    {
        ThrowIfRefused(descriptor);
        return _connections.Add(connection);
    }

    public void Remove(ulong number) => _connections.Remove(number);

    public override void RegisterSocket(Registration registration)
    {
        ThrowIfRefused(registration.Descriptor);
        registration.Token = _registrations.Add(registration);
        ArmPoll(registration);
    }

    public override void Deregister(Registration registration)
    {
        // The registration has ended when its poll has; nobody waits for the cancel itself.
        registration.IsStopping = true;
        Ring.Next().Cancel(registration.Descriptor, RingUserData.Pack(RingOperation.Cancel, 0));
    }

    protected override void OpenEngine()
    {
        var sizes = Setup.RingSizes;
        Ring = Ring.Create(new() { SubmissionEntries = sizes.Submissions, CompletionEntries = sizes.Completions });
        SmallBuffers = new(Ring, this, 0, SegmentPool.SmallSize, sizes.SmallBuffers, sizes.MaxSmallBuffers);
        LargeBuffers = new(Ring, this, 1, SegmentPool.LargeSize, sizes.LargeBuffers, sizes.LargeBuffers);
        ArmWaker();
    }

    protected override bool Poll(int timeout)
    {
        SmallBuffers.Publish();
        LargeBuffers.Publish();
        Ring.Enter(timeout == 0 ? 0u : 1u, TimeSpan.FromMilliseconds(timeout));
        Waker.EndSleep();
        var any = false;
        for (; Ring.TryTake(out var completion); any = true)
        {
            try
            {
                OnCompleted(completion);
            }
            catch (Exception e) when (e is not EngineException)
            {
                Setup.ErrorLog.Log(Name, e);
            }
        }

        return any;
    }

    protected override IEnumerable<EngineConnection> GetConnections() => _connections.ToList();

    protected override void CloseEngine()
    {
        SmallBuffers?.Dispose();
        LargeBuffers?.Dispose();
        Ring?.Dispose();
    }

    private void ThrowIfRefused(int descriptor)
    {
        if (Setup.RefuseToRegister(descriptor) is not Errno.None and var error)
            throw error.ToException();
    }

    private void OnCompleted(in Completion completion)
    {
        var (operation, number) = RingUserData.Unpack(completion.UserData);
        switch (operation)
        {
            case RingOperation.Wake:
                if (!completion.HasMore)
                    ArmWaker();
                break;
            case RingOperation.Poll:
                OnPolled(number, completion);
                break;
            case RingOperation.ReceiveSmall:
                OnReceived(number, SmallBuffers, completion);
                break;
            case RingOperation.ReceiveLarge:
                OnReceived(number, LargeBuffers, completion);
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
        catch (Exception e) when (e is not EngineException)
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
        catch (Exception e) when (e is not EngineException)
        {
            connection.OnWorkFailed(e);
        }
    }

    private void OnPolled(ulong number, in Completion completion)
    {
        if (_registrations.Find(number) is not { } registration)
            return;
        if (!registration.IsStopping && completion.Result < 0)
            registration.OnFailed(((Errno)(-completion.Result)).ToException());
        else if (!registration.IsStopping)
            registration.OnReady();
        if (completion.HasMore)
            return;
        if (!registration.IsStopping)
        {
            ArmPoll(registration);
            return;
        }

        _registrations.Remove(number);
        registration.OnStopped();
    }

    private void ArmPoll(Registration registration) => Ring.Next().PollMultishot(
        registration.Descriptor, registration.IsForWriting ? PollOut : PollIn, RingUserData.Pack(RingOperation.Poll, registration.Token));

    private void ArmWaker() => Ring.Next().PollMultishot(Waker.Descriptor, PollIn, RingUserData.Pack(RingOperation.Wake, 0));
}
