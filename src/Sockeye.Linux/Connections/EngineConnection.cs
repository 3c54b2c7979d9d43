using System.Diagnostics;
using System.IO.Pipelines;
using System.Net;
using Microsoft.AspNetCore.Connections.Features;

namespace Sockeye.Linux;

/// <summary>
/// A connection on an engine thread. This class decides which operations the socket performs, and when; a derived class of each
/// engine performs them.
/// </summary>
/// <remarks>
/// Only the engine thread calls the kernel. Other threads post a request and wake the thread; requests that are posted before it
/// runs are combined.
/// </remarks>
internal abstract partial class EngineConnection
    : DuplexConnection, IEngineWorkItem, IThreadPoolWorkItem, IConnectionSocketFeature, ITcpInfoFeature
{
    private readonly NativeAddress _localAddress;
    private readonly NativeAddress _remoteAddress;
    private readonly bool _isUnix;
    private EndPoint? _local;
    private EndPoint? _remote;
    private int _requests;

    protected EngineConnection(EngineThread thread, ConnectedSocket socket) : base(
        thread.Setup.Connections,
        thread.Setup.RunsHandlersInline || thread.Setup.Connections.KeepsContext
            ? TaskCreationOptions.None
            : TaskCreationOptions.RunContinuationsAsynchronously)
    {
        (Thread, Descriptor) = (thread, socket.Descriptor);
        (_localAddress, _remoteAddress) = (socket.Local, socket.Remote);
        (_local, _remote) = (socket.LocalEndPoint, socket.RemoteEndPoint);
        _isUnix = socket.IsUnix;
        if (socket.Continued is { } continued)
            Continue(continued);
    }

    public EngineThread Thread { get; }

    public override PipeScheduler Scheduler => Options.Scheduler;

    public override EndPoint? LocalEndPoint
    {
        get => _local ??= _localAddress.ToEndPoint();
        set => _local = value;
    }

    public override EndPoint? RemoteEndPoint
    {
        get => _remote ??= _remoteAddress.ToEndPoint();
        set => _remote = value;
    }

    IEngineWorkItem? IEngineWorkItem.NextWork { get; set; }

    /// <summary>The engine's token for the connection; 0 while it is not registered.</summary>
    protected ulong Token { get; set; }

    protected int Descriptor { get; }

    protected SystemCalls Kernel => Thread.Setup.Kernel;

    protected override long Now => Thread.Now;

    /// <summary>Reports the connection to the observer of steps, and starts to serve it.</summary>
    public void Start(SocketFunction? function, long? startedAt)
    {
        try
        {
            if (function is { } step)
                NotifyStep(step, startedAt: startedAt);
        }
        catch
        {
            Post(EngineRequests.Start);
            Abort(new(ClosedBy.Local, CloseCause.HandlerError, CloseDirection.Both, "the observer of steps threw"));
            throw;
        }

        // What a connection that this one continues has not sent is sent at once.
        Post(function is null ? EngineRequests.Start | EngineRequests.Send : EngineRequests.Start);
    }

    /// <summary>Posts requests to the engine thread. Safe from any thread.</summary>
    public void Post(EngineRequests requests)
    {
        if (Interlocked.Or(ref _requests, (int)requests) == 0)
            Thread.Post(this);
    }

    /// <summary>Resumes the handler, on the thread of handlers. Safe from any thread.</summary>
    protected override void ResumeHandler(IThreadPoolWorkItem handler) => Thread.Resume(this, handler);

    /// <summary>Starts the handler. An inline one starts on the connection's thread, even if the caller runs on another: the
    /// thread pool may not have a free thread.</summary>
    protected override void StartHandler(IThreadPoolWorkItem handler, PipeScheduler scheduler)
    {
        if (Thread.Setup.RunsHandlersInline)
            Thread.StartInline(this, handler);
        else
            base.StartHandler(handler, scheduler);
    }

    protected override PipeSegment Rent(int size) => Thread.Setup.Pool.Rent(size);

    protected override void RequestReceive() => Post(EngineRequests.Receive);

    protected override void RequestSend() => Post(EngineRequests.Send);

    protected override void RequestClose(bool isDriving)
    {
        if (isDriving)
            CloseNow();
        else
            Post(EngineRequests.Close);
    }

    protected override void AssertDriving() => Thread.AssertOnEngineThread();

    void IEngineWorkItem.Run()
    {
        Thread.AssertOnEngineThread();
        try
        {
            RunRequests((EngineRequests)Interlocked.Exchange(ref _requests, 0));
        }
        catch (Exception e) when (e is not EngineException)
        {
            OnWorkFailed(e);
        }

        NotifySendAttempted();
    }

    private void RunRequests(EngineRequests requests)
    {
        if (requests.Has(EngineRequests.Start))
            StartUnlessStopping();
        if (requests.Has(EngineRequests.Close))
            CloseNow();
        if (requests.Has(EngineRequests.Receive) && CanReceive)
            Receive();
        if (requests.Has(EngineRequests.Send) && CanSend)
            Send();
        if (requests.Has(EngineRequests.Freeze) && IsFreezing)
            Freeze();
    }

    private void StartUnlessStopping()
    {
        Debug.Assert(Token == 0, "A connection starts once.");
        Start();
        if (Thread.IsStopping)
            Abort(EngineThread.StoppedReason); // Connections that had started before were aborted already.
    }

    /// <summary>Registers the socket with the engine, and starts to receive.</summary>
    protected abstract void Start();

    /// <summary>Receives, or starts to receive, if there is room.</summary>
    protected abstract void Receive();

    /// <summary>Sends, or starts to send, the flushed bytes, or FIN at their end.</summary>
    protected abstract void Send();

    /// <summary>
    /// Cancels operations in flight, and calls <see cref="DuplexConnection.OnFrozen"/> when there are none, at once or later.
    /// </summary>
    protected abstract void Freeze();

    /// <summary>
    /// Cancels operations in flight, and calls <see cref="CloseDescriptor"/> when there are none, at once or later.
    /// </summary>
    protected abstract void CancelAndClose();
}
