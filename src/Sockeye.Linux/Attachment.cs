using System.Runtime.InteropServices;
using Microsoft.AspNetCore.Connections;

namespace Sockeye.Linux;

/// <summary>Continues connections that another transport, perhaps of another process, has served.</summary>
internal static class Attachment
{
    private const int TypeStream = 1; // SOCK_STREAM

    /// <inheritdoc cref="IConnectionAttacher.Attach"/>
    /// <param name="system">The system of the descriptor.</param>
    /// <param name="reserve">Reserves the connection on an engine thread, and returns that. Null if the engine stops.</param>
    /// <param name="socket">The socket.</param>
    /// <param name="stream">The state of its bytes.</param>
    public static ConnectionContext Attach(
        SystemCalls system, Func<EngineThread?> reserve, SafeHandle socket, MovedBytes stream)
    {
        var descriptor = (int)socket.DangerousGetHandle();
        if (Read(system, descriptor, Constants.OptionType) != TypeStream
            || Read(system, descriptor, Constants.OptionListening) != 0)
        {
            throw new ArgumentException(
                $"Descriptor {descriptor} is not a connected stream socket, so no connection continues on it.", nameof(socket));
        }

        var thread = reserve() ?? throw EngineSetup.CreateDisposedException();
        var isUnix = Read(system, descriptor, Constants.OptionDomain) == Constants.FamilyUnix;
        ConnectedSocket attached = new()
        {
            Descriptor = descriptor,
            Remote = default,
            LocalEndPoint = stream.LocalEndPoint,
            RemoteEndPoint = stream.RemoteEndPoint,
            Continued = stream,
            IsUnix = isUnix,
        };
        socket.SetHandleAsInvalid(); // The connection has it now.
        return thread.StartConnection(attached, function: null);
    }

    private static int Read(SystemCalls system, int descriptor, int option)
    {
        Span<byte> value = stackalloc byte[sizeof(int)];
        return system.GetOption(descriptor, Constants.LevelSocket, option, value) == sizeof(int)
            ? BitConverter.ToInt32(value)
            : -1;
    }
}
