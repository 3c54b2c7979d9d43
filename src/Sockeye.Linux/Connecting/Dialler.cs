using System.Net;
using System.Net.Sockets;

namespace Sockeye.Linux;

/// <summary>Dials TCP: <c>socket()</c>, <c>bind()</c> where asked for, <c>connect()</c>; an engine thread tells when it is through.</summary>
internal static class Dialler
{
    public static async ValueTask<EngineConnection> ConnectAsync(
        EngineGroup engine, EndPoint remote, EndPoint? local, CancellationToken cancellationToken)
    {
        var options = engine.Setup.Sockets;
        var steps = new SocketSteps(options);
        var socket = SocketSetup.Create(remote);
        try
        {
            steps.Tell(SocketFunction.Socket, socket);
            SocketSetup.ConfigureClient(socket, options);
            if (local is not null)
            {
                socket.Bind(local);
                steps.Tell(SocketFunction.Bind, socket, socket.LocalEndPoint);
            }

            var thread = engine.LeastLoaded();
            var begun = steps.Begin();
            var error = await ShakeHandsAsync(thread, socket, remote, cancellationToken).ConfigureAwait(false);
            if (error is not Errno.None)
            {
                var exception = error.ToException();
                steps.Tell(
                    SocketFunction.Connect, socket, socket.LocalEndPoint, remote, begun: begun, error: exception.SocketErrorCode);
                throw exception;
            }

            var connected = Detach(socket, remote);
            return engine.Open(connected, thread, SocketFunction.Connect, begun);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static async ValueTask<Errno> ShakeHandsAsync(
        EngineThread thread, Socket socket, EndPoint remote, CancellationToken cancellationToken)
    {
        socket.Blocking = false;
        var descriptor = Descriptor(socket);
        var error = SocketCalls.Connect(descriptor, remote.Serialize());
        if (error is not (Errno.InProgress or Errno.Interrupted))
            return error;
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var watch = new DescriptorWatch(thread, descriptor, forWriting: true, () => ended.TrySetResult());
        watch.Begin();
        try
        {
            using (cancellationToken.UnsafeRegister(static (ended, token) => ((TaskCompletionSource)ended!).TrySetCanceled(token), ended))
                await ended.Task.ConfigureAwait(false);
            return SocketCalls.TakeError(descriptor);
        }
        finally
        {
            await watch.EndAsync().ConfigureAwait(false);
        }
    }

    /// <summary>From here on the descriptor is the connection's: the socket object was only there to set it up.</summary>
    private static ConnectedSocket Detach(Socket socket, EndPoint remote)
    {
        var descriptor = Descriptor(socket);
        socket.SafeHandle.SetHandleAsInvalid();
        return new()
        {
            Descriptor = descriptor,
            Local = SocketCalls.LocalAddress(descriptor),
            Remote = PeerAddress.Of(remote.Serialize().Buffer.Span),
        };
    }

    private static int Descriptor(Socket socket) => (int)socket.SafeHandle.DangerousGetHandle();
}
