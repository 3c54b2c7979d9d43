using System.IO.Pipelines;
using System.Net.Security;

namespace Sockeye.Comparison.Load;

/// <summary>The pipes of a client: those of its connection, or those of TLS on it.</summary>
internal sealed record ClientPipes(PipeReader Input, PipeWriter Output, SslStream? Tls = null)
{
    /// <summary>Makes the TLS handshake, if there is TLS.</summary>
    public static async Task<ClientPipes> OpenAsync(IDuplexPipe transport, ClientTls tls, CancellationToken cancellationToken)
    {
        if (tls is ClientTls.None)
            return new(transport.Input, transport.Output);
        var stream = await TlsStreams.ConnectAsync(transport, tls is ClientTls.Resumed, cancellationToken);
        return new(PipeReader.Create(stream), PipeWriter.Create(stream), stream);
    }

    /// <summary>Sends close_notify, if there is TLS. The connection is closed afterwards.</summary>
    public Task EndTlsAsync() => Tls?.ShutdownAsync() ?? Task.CompletedTask;
}
