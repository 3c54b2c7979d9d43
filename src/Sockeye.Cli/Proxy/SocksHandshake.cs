using System.Buffers;
using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Connections;

namespace Sockeye.Cli;

/// <summary>SOCKS 5 (RFC 1928), with a user and a password (RFC 1929).</summary>
internal static class SocksHandshake
{
    private const byte Version = 5;
    private const byte NoAuthentication = 0;
    private const byte UserAndPassword = 2;
    private const byte NoneAcceptable = 255;
    private const int MaxLength = 255;

    private static readonly string[] Failures =
    [
        "it failed", "its rules do not allow the connection", "the network cannot be reached", "the host cannot be reached",
        "the server refused the connection", "the server did not answer in time", "it does not support CONNECT",
        "it does not support this kind of address",
    ];

    public static async Task RunAsync(
        ConnectionContext connection, string host, int port, NetworkCredential? credential, CancellationToken cancellationToken)
    {
        var method = credential is null ? NoAuthentication : UserAndPassword;
        // Both methods are offered with a password, because the proxy may need none.
        await connection.Transport.Output.WriteAsync(
            credential is null ? [Version, 1, NoAuthentication] : new byte[] { Version, 2, NoAuthentication, method },
            cancellationToken);
        var chosen = await ReadAsync(connection, 2, cancellationToken);
        if (chosen[0] != Version)
            throw new ProxyException("it does not speak SOCKS 5");
        if (chosen[1] == UserAndPassword && credential is not null)
            await AuthenticateAsync(connection, credential, cancellationToken);
        else if (chosen[1] is UserAndPassword or NoneAcceptable && credential is null)
            throw new ProxyException("it requires a user and a password (--proxy-auth FILE)");
        else if (chosen[1] != NoAuthentication)
            throw new ProxyException("it accepts neither a password nor a client without one");
        await connection.Transport.Output.WriteAsync(CreateRequest(host, port), cancellationToken);
        await ReadReplyAsync(connection, cancellationToken);
    }

    private static async Task AuthenticateAsync(
        ConnectionContext connection, NetworkCredential credential, CancellationToken cancellationToken)
    {
        var (user, password) = (Encoding.UTF8.GetBytes(credential.UserName), Encoding.UTF8.GetBytes(credential.Password));
        if (user.Length > MaxLength || password.Length > MaxLength)
            throw new ProxyException($"the user and the password may have {MaxLength} bytes each");
        await connection.Transport.Output.WriteAsync(
            (byte[])[1, (byte)user.Length, .. user, (byte)password.Length, .. password], cancellationToken);
        if ((await ReadAsync(connection, 2, cancellationToken))[1] != 0)
            throw new ProxyException("it refused the user or the password (--proxy-auth)");
    }

    private static byte[] CreateRequest(string host, int port)
    {
        byte[] address = IPAddress.TryParse(host, out var ip)
            ? [(byte)(ip.AddressFamily is AddressFamily.InterNetwork ? 1 : 4), .. ip.GetAddressBytes()]
            : [3, (byte)host.Length, .. Encoding.ASCII.GetBytes(host)];
        var request = new byte[3 + address.Length + 2];
        (request[0], request[1]) = (Version, 1);
        address.CopyTo(request, 3);
        BinaryPrimitives.WriteUInt16BigEndian(request.AsSpan(^2..), (ushort)port);
        return request;
    }

    private static async Task ReadReplyAsync(ConnectionContext connection, CancellationToken cancellationToken)
    {
        var reply = await ReadAsync(connection, 5, cancellationToken);
        if (reply[1] != 0)
        {
            throw new ProxyException(
                reply[1] <= Failures.Length ? Failures[reply[1] - 1] : $"it failed with the code {reply[1]}");
        }

        // The rest of its own address, and the port. One byte of the address is read already.
        var left = reply[3] switch { 1 => 3, 4 => 15, 3 => reply[4], _ => throw new ProxyException("its reply is malformed") };
        await ReadAsync(connection, left + 2, cancellationToken);
    }

    private static async Task<byte[]> ReadAsync(ConnectionContext connection, int count, CancellationToken cancellationToken)
    {
        var input = connection.Transport.Input;
        var read = await input.ReadAtLeastAsync(count, cancellationToken);
        if (read.Buffer.Length < count)
            throw new ProxyException("it ended the connection");
        var bytes = read.Buffer.Slice(0, count);
        var copy = bytes.ToArray();
        input.AdvanceTo(bytes.End);
        return copy;
    }
}
