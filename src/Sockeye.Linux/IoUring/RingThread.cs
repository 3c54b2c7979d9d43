using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.Connections;

namespace Sockeye.Linux;

/// <summary>An engine thread on io_uring(7): one ring, and the buffers that it receives into.</summary>
/// <remarks>One system call per iteration submits the prepared operations, waits, and returns completions.</remarks>
[SuppressMessage("Design", "CA1001", Justification = "The thread disposes its fields when it ends.")]
internal sealed class RingThread(EngineSetup setup, RingSettings settings, int index) : EngineThread(setup, index)
{
    private const uint PollIn = 1; // POLLIN
    private const uint PollOut = 4; // POLLOUT

    private readonly TokenTable<RingConnection> _connections = new();
    private readonly TokenTable<Registration> _registrations = new();

    public Ring Ring { get; private set; } = null!;

    /// <summary>The buffers for messages.</summary>
    public ReceiveBuffers SmallBuffers { get; private set; } = null!;

    /// <summary>The buffers for streams.</summary>
    public ReceiveBuffers LargeBuffers { get; private set; } = null!;

    /// <summary>
    /// Whether the kernel can end a multishot receive after a number of bytes. If not, each receive is submitted separately.
    /// </summary>
    public bool HasReceiveLimit { get; } = settings.HasReceiveLimit ?? IoUringProbe.Result.HasReceiveLimit;

    public override long RentedBytes => (SmallBuffers?.RentedBytes ?? 0) + (LargeBuffers?.RentedBytes ?? 0);

    public override ConnectionContext StartConnection(ConnectedSocket socket, SocketFunction? function, long? startedAt = null)
    {
        var connection = new RingConnection(this, socket);
        connection.Start(function, startedAt);
        return connection;
    }

    public ulong RegisterSocket(RingConnection connection, int descriptor)
    {
        AssertOnEngineThread();
        ThrowIfRefused(descriptor);
        return _connections.Add(connection);
    }

    public void Remove(ulong token)
    {
        AssertOnEngineThread();
        _connections.Remove(token);
    }

    public override void Register(Registration registration)
    {
        AssertOnEngineThread();
        ThrowIfRefused(registration.Descriptor);
        registration.Token = _registrations.Add(registration);
        ArmPoll(registration);
    }

    public override void Deregister(Registration registration)
    {
        AssertOnEngineThread();
        // The registration stops when its poll has ended. The completion of the cancel is ignored.
        Ring.Next().Cancel(registration.Descriptor, RingUserData.Pack(RingOperation.Cancel, 0));
    }

    protected override void OpenEngine()
    {
        Ring = Ring.Create(new()
        {
            SubmissionEntries = settings.Submissions, CompletionEntries = settings.Completions, Calls = new(Setup.Kernel),
        });
        SmallBuffers = new(Ring, this, 0, SegmentPool.SmallSize, settings.SmallBuffers, settings.MaxSmallBuffers);
        LargeBuffers = new(Ring, this, 1, SegmentPool.LargeSize, settings.LargeBuffers, settings.LargeBuffers);
        ArmWaker();
    }

    protected override bool Poll(int timeout)
    {
        SmallBuffers.Publish();
        LargeBuffers.Publish();
        Ring.Enter(timeout == 0 ? 0u : 1u, TimeSpan.FromMilliseconds(timeout));
        Waker.EndSleep();
        var hasAny = false;
        for (; Ring.TryTake(out var completion); hasAny = true)
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

        return hasAny;
    }

    protected override void AbortConnections(CloseReason reason)
    {
        foreach (var connection in _connections.ToList())
            connection.Abort(reason);
    }

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
        var (operation, token) = RingUserData.Unpack(completion.UserData);
        switch (operation)
        {
            case RingOperation.Wake:
                if (!completion.HasMore)
                    ArmWaker();
                break;
            case RingOperation.Poll:
                OnPolled(token, completion);
                break;
            case RingOperation.ReceiveSmall:
                OnReceived(token, SmallBuffers, completion);
                break;
            case RingOperation.ReceiveLarge:
                OnReceived(token, LargeBuffers, completion);
                break;
            case RingOperation.Send:
                OnSent(token, completion.Result);
                break;
            case RingOperation.Cancel:
                _connections.Find(token)?.OnCancelCompleted();
                break;
        }
    }

    private void OnReceived(ulong token, ReceiveBuffers buffers, in Completion completion)
    {
        var segment = completion.HasBuffer ? buffers.Take(completion.BufferId, Math.Max(completion.Result, 0)) : null;
        if (_connections.Find(token) is not { } connection)
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

    private void OnSent(ulong token, int result)
    {
        if (_connections.Find(token) is not { } connection)
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

    private void OnPolled(ulong token, in Completion completion)
    {
        if (_registrations.Find(token) is not { } registration)
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

        _registrations.Remove(token);
        registration.OnStopped();
    }

    private void ArmPoll(Registration registration) => Ring.Next().PollMultishot(
        registration.Descriptor,
        registration.IsForWriting ? PollOut : PollIn,
        RingUserData.Pack(RingOperation.Poll, registration.Token));

    private void ArmWaker() => Ring.Next().PollMultishot(Waker.Descriptor, PollIn, RingUserData.Pack(RingOperation.Wake, 0));
}
