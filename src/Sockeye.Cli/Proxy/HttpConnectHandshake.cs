using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Connections;

namespace Sockeye.Cli;

/// <summary>CONNECT of HTTP/1.1 (RFC 9110, section 9.3.6), with Basic authentication (RFC 7617).</summary>
internal static class HttpConnectHandshake
{
    private const int MaxHeadLength = 16 * 1024;

    public static async Task RunAsync(
        ConnectionContext connection, string host, int port, NetworkCredential? credential, CancellationToken cancellationToken)
    {
        var name = host.Contains(':', StringComparison.Ordinal) ? $"[{host}]" : host;
        var target = string.Create(CultureInfo.InvariantCulture, $"{name}:{port}");
        var request = $"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n";
        if (credential is not null)
        {
            var secret = Convert.ToBase64String(Encoding.UTF8.GetBytes($"{credential.UserName}:{credential.Password}"));
            request += $"Proxy-Authorization: Basic {secret}\r\n";
        }

        await connection.Transport.Output.WriteAsync(Encoding.ASCII.GetBytes(request + "\r\n"), cancellationToken);
        var status = await ReadStatusAsync(connection.Transport.Input, cancellationToken);
        if (status.Split(' ', 3) is not [var version, { Length: 3 } code, ..]
            || !version.StartsWith("HTTP/1.", StringComparison.Ordinal))
            throw new ProxyException("it does not speak HTTP/1.1");
        if (code is "407")
        {
            throw new ProxyException(credential is null
                ? "it requires a user and a password (--proxy-auth FILE)"
                : "it refused the user or the password (--proxy-auth)");
        }

        if (code[0] is not '2')
            throw new ProxyException($"it answered {status}");
    }

    /// <summary>Returns the first line of the response, and leaves what follows its head in the pipe.</summary>
    private static async Task<string> ReadStatusAsync(PipeReader input, CancellationToken cancellationToken)
    {
        while (true)
        {
            var read = await input.ReadAsync(cancellationToken);
            if (TryReadHead(read.Buffer, out var head, out var end))
            {
                input.AdvanceTo(end);
                return head.Split('\n')[0].TrimEnd('\r');
            }

            input.AdvanceTo(read.Buffer.Start, read.Buffer.End);
            if (read.IsCompleted)
                throw new ProxyException("it ended the connection");
            if (read.Buffer.Length > MaxHeadLength)
                throw new ProxyException("its response has no end");
        }
    }

    private static bool TryReadHead(ReadOnlySequence<byte> bytes, out string head, out SequencePosition end)
    {
        var reader = new SequenceReader<byte>(bytes);
        var isWhole = reader.TryReadTo(out ReadOnlySequence<byte> whole, "\r\n\r\n"u8);
        (head, end) = (isWhole ? Encoding.Latin1.GetString(whole) : "", reader.Position);
        return isWhole;
    }
}
