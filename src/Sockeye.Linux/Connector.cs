using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;

namespace Sockeye.Linux;

/// <summary>
/// Connects by TCP or to a Unix socket: <c>socket()</c>, <c>bind()</c> if a local endpoint is given, <c>connect()</c>. An engine
/// thread waits for the end of the handshake.
/// </summary>
internal static class Connector
{
    public static async ValueTask<ConnectionContext> ConnectAsync(
        EngineGroup engine, EndPoint remote, EndPoint? local, CancellationToken cancellationToken)
    {
        var thread = engine.TryReserve() ?? throw EngineSetup.CreateDisposedException();
        ConnectedSocket connected;
        long? startedAt;
        try
        {
            (connected, startedAt) = await ConnectAsync(engine, thread, remote, local, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            thread.ReleaseReservation();
            throw;
        }

        return thread.StartConnection(connected, SocketFunction.Connect, startedAt);
    }

    private static async ValueTask<(ConnectedSocket Socket, long? StartedAt)> ConnectAsync(
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

            var startedAt = steps.GetStart();
            var error = await CompleteHandshakeAsync(thread, socket, remote, engine.StopToken, cancellationToken)
                .ConfigureAwait(false);
            var exception = error is not Errno.None ? error.ToException()
                : IsSelfConnect(Descriptor(socket), remote) ? SelfConnect.CreateRefusal(socket)
                : null;
            if (exception is not null)
            {
                steps.Notify(
                    SocketFunction.Connect, socket, socket.LocalEndPoint, remote, startedAt: startedAt,
                    error: exception.SocketErrorCode);
                throw exception;
            }

            return (Detach(socket, remote), startedAt);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static async ValueTask<Errno> CompleteHandshakeAsync(
        EngineThread thread, Socket socket, EndPoint remote, CancellationToken stopToken, CancellationToken cancellationToken)
    {
        socket.Blocking = false;
        var descriptor = Descriptor(socket);
        var error = SocketCalls.Connect(descriptor, remote.Serialize());
        if (error is not (Errno.InProgress or Errno.Interrupted))
            return error;
        var completion = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var registration = new Registration(thread, descriptor, isForWriting: true, () => completion.TrySetResult(), OnStarted);
        registration.Start();
        try
        {
            using (cancellationToken.UnsafeRegister(
                static (completion, token) => ((TaskCompletionSource)completion!).TrySetCanceled(token), completion))
            using (stopToken.UnsafeRegister(
                static completion =>
                    ((TaskCompletionSource)completion!).TrySetException(EngineSetup.CreateDisposedException()), completion))
                await completion.Task.ConfigureAwait(false);
            return SystemCalls.Kernel.TakeError(descriptor);
        }
        finally
        {
            await registration.StopAsync().ConfigureAwait(false);
        }

        void OnStarted(Exception? refusal)
        {
            if (refusal is not null)
                completion.TrySetException(refusal);
        }
    }

    private static bool IsSelfConnect(int descriptor, EndPoint remote) => SelfConnect.IsSelfConnected(
        SocketCalls.LocalAddress(descriptor).ToEndPoint(), remote, () => SocketCalls.RemoteAddress(descriptor).ToEndPoint());

    /// <summary>Takes the descriptor from the socket object that created it, for the connection, which then owns it.</summary>
    private static ConnectedSocket Detach(Socket socket, EndPoint remote)
    {
        var descriptor = Descriptor(socket);
        var isUnix = remote is not IPEndPoint;
        var connected = new ConnectedSocket
        {
            Descriptor = descriptor,
            Local = SocketCalls.LocalAddress(descriptor),
            Remote = NativeAddress.Parse(remote.Serialize().Buffer.Span),
            LocalEndPoint = isUnix ? SocketCalls.LocalUnixEndPoint(descriptor) : null,
            RemoteEndPoint = isUnix ? remote : null,
            IsUnix = isUnix,
        };
        socket.SafeHandle.SetHandleAsInvalid();
        return connected;
    }

    private static int Descriptor(Socket socket) => (int)socket.SafeHandle.DangerousGetHandle();
}
