using System.Net;
using System.Net.Sockets;

namespace Sockeye.Linux;

/// <summary>Dials TCP: <c>socket()</c>, <c>bind()</c> where asked for, <c>connect()</c>; an engine thread tells when it is
/// through.</summary>
internal static class Connector
{
    public static async ValueTask<EngineConnection> ConnectAsync(
        EngineGroup engine, EndPoint remote, EndPoint? local, CancellationToken cancellationToken)
    {
        var thread = engine.TryReserve() ?? throw CreateDisposedException();
        ConnectedSocket connected;
        long? begun;
        try
        {
            (connected, begun) = await ConnectAsync(engine, thread, remote, local, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            thread.ReleaseReservation();
            throw;
        }

        return EngineGroup.Open(connected, thread, SocketFunction.Connect, begun);
    }

    private static async ValueTask<(ConnectedSocket Socket, long? Begun)> ConnectAsync(
        EngineGroup engine, EngineThread thread, EndPoint remote, EndPoint? local, CancellationToken cancellationToken)
    {
        var options = engine.Setup.Sockets;
        var steps = new SocketSteps(options);
        var socket = SocketSetup.Create(remote);
        try
        {
            steps.Notify(SocketFunction.Socket, socket);
            SocketSetup.ConfigureClient(socket, options);
            if (local is not null)
            {
                socket.Bind(local);
                steps.Notify(SocketFunction.Bind, socket, socket.LocalEndPoint);
            }

            var begun = steps.GetStart();
            var error = await CompleteHandshakeAsync(thread, socket, remote, engine.StopToken, cancellationToken).ConfigureAwait(false);
            var exception = error is not Errno.None ? error.ToException()
                : IsSelfConnect(Descriptor(socket), remote) ? SelfConnect.CreateRefusal(socket)
                : null;
            if (exception is not null)
            {
                steps.Notify(
                    SocketFunction.Connect, socket, socket.LocalEndPoint, remote, begun: begun, error: exception.SocketErrorCode);
                throw exception;
            }

            return (Detach(socket, remote), begun);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static async ValueTask<Errno> CompleteHandshakeAsync(
        EngineThread thread, Socket socket, EndPoint remote, CancellationToken stopped, CancellationToken cancellationToken)
    {
        socket.Blocking = false;
        var descriptor = Descriptor(socket);
        var error = SocketCalls.Connect(descriptor, remote.Serialize());
        if (error is not (Errno.InProgress or Errno.Interrupted))
            return error;
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var registration = new Registration(thread, descriptor, forWriting: true, () => ended.TrySetResult(), Begun);
        registration.Start();
        try
        {
            using (cancellationToken.UnsafeRegister(
                static (ended, token) => ((TaskCompletionSource)ended!).TrySetCanceled(token), ended))
            using (stopped.UnsafeRegister(static ended => ((TaskCompletionSource)ended!).TrySetException(CreateDisposedException()), ended))
                await ended.Task.ConfigureAwait(false);
            return SocketCalls.TakeError(descriptor);
        }
        finally
        {
            await registration.StopAsync().ConfigureAwait(false);
        }

        void Begun(Exception? refusal)
        {
            if (refusal is not null)
                ended.TrySetException(refusal);
        }
    }

    private static bool IsSelfConnect(int descriptor, EndPoint remote) => SelfConnect.IsSelfConnected(
        SocketCalls.LocalAddress(descriptor).ToEndPoint(), remote, () => SocketCalls.RemoteAddress(descriptor).ToEndPoint());

    /// <summary>From here on the descriptor is the connection's: the socket object was only there to set it up.</summary>
    private static ConnectedSocket Detach(Socket socket, EndPoint remote)
    {
        var descriptor = Descriptor(socket);
        socket.SafeHandle.SetHandleAsInvalid();
        return new()
        {
            Descriptor = descriptor,
            Local = SocketCalls.LocalAddress(descriptor),
            Remote = NativeAddress.Parse(remote.Serialize().Buffer.Span),
        };
    }

    private static ObjectDisposedException CreateDisposedException() => new(typeof(LinuxTransport).FullName);

    private static int Descriptor(Socket socket) => (int)socket.SafeHandle.DangerousGetHandle();
}
