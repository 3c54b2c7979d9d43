using Microsoft.AspNetCore.Connections;
using Sockeye.Linux;

namespace Sockeye.Comparison.Load;

/// <summary>The client side that makes the load: Sockeye's own, inline, on the fastest transport that is here.</summary>
internal sealed record LoadTransport(IConnectionFactory Factory, string Description)
{
    /// <summary>Large enough that the generator never waits for its own buffers.</summary>
    private const int BufferSize = 1024 * 1024;

    /// <exception cref="PlatformNotSupportedException">The engine asked for cannot run here.</exception>
    public static LoadTransport Create(LinuxEngine engine)
    {
        var sockets = new SocketTransportOptions
        {
            UnsafePreferInlineScheduling = true,
            MaxReadBufferSize = BufferSize,
            MaxWriteBufferSize = BufferSize,
        };
        // Epoll by default: io_uring on the load's side would share its kernel work with the server's differently.
        var wanted = engine == LinuxEngine.Auto ? LinuxEngine.Epoll : engine;
        if (wanted != LinuxEngine.Sockets)
        {
            try
            {
                var transport = new LinuxTransport(new() { Engine = wanted, Sockets = sockets, ThreadCount = 1 });
                if (transport.Engine == wanted)
                    return new(transport, $"Sockeye's LinuxTransport ({wanted}), inline");
            }
            catch (PlatformNotSupportedException) when (engine == LinuxEngine.Auto)
            {
                // The portable transport does it too, with more processor time.
            }

            if (engine != LinuxEngine.Auto)
                throw new PlatformNotSupportedException($"LinuxTransport does not run on {engine} here.");
        }

        return new(new SocketTransport(sockets), "Sockeye's portable transport, inline");
    }
}
