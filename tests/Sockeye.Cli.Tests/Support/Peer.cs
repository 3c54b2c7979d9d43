using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Sockeye.Cli.Tests.Support;

/// <summary>A plain socket at the other end, with bounded waits.</summary>
public sealed class Peer(Socket socket) : IDisposable
{
    public Socket Socket => socket;

    public static async Task<Peer> ConnectAsync(EndPoint endpoint)
    {
        var protocol = endpoint is IPEndPoint ? ProtocolType.Tcp : ProtocolType.Unspecified;
        var socket = new Socket(endpoint.AddressFamily, SocketType.Stream, protocol);
        await socket.ConnectAsync(endpoint).WaitAsync(ToolProcess.DefaultTimeout);
        return new(socket);
    }

    /// <summary>Whether a new client is reset, which may be so early that connecting fails.</summary>
    public static async Task<bool> IsResetAsync(EndPoint endpoint)
    {
        try
        {
            using var peer = await ConnectAsync(endpoint);
            return await peer.EndsWithResetAsync();
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.ConnectionReset)
        {
            return true;
        }
    }

    public async Task SendAsync(string text) =>
        await socket.SendAsync(Encoding.UTF8.GetBytes(text)).WaitAsync(ToolProcess.DefaultTimeout);

    public void SendFin() => socket.Shutdown(SocketShutdown.Send);

    /// <summary>Reads this many bytes, or fewer if the peer ends first.</summary>
    public async Task<string> ReadAsync(int count)
    {
        var buffer = new byte[count];
        var read = 0;
        while (read < count && await ReceiveAsync(buffer.AsMemory(read)) is > 0 and var more)
            read += more;
        return Encoding.UTF8.GetString(buffer.AsSpan(0, read));
    }

    public async Task<string> ReadLineAsync()
    {
        var line = new List<byte>();
        var next = new byte[1];
        using var timeout = new CancellationTokenSource(ToolProcess.DefaultTimeout, TimeProvider.System);
        while (await socket.ReceiveAsync(next, timeout.Token) == 1 && next[0] != '\n')
            line.Add(next[0]);
        return Encoding.UTF8.GetString([.. line]);
    }

    public async Task<string> ReadToEndAsync() => Encoding.UTF8.GetString(await ReadBytesToEndAsync());

    public async Task<byte[]> ReadBytesToEndAsync()
    {
        using var bytes = new MemoryStream();
        var buffer = new byte[64 * 1024];
        while (await ReceiveAsync(buffer) is > 0 and var read)
            bytes.Write(buffer, 0, read);
        return bytes.ToArray();
    }

    /// <summary>Returns true if the peer has reset the connection, and false if it has sent FIN.</summary>
    public async Task<bool> EndsWithResetAsync()
    {
        try
        {
            await ReadToEndAsync();
            return false;
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.ConnectionReset)
        {
            return true;
        }
    }

    /// <summary>Sends RST.</summary>
    public void Reset() => socket.Close(timeout: 0);

    public void Dispose() => socket.Dispose();

    private async Task<int> ReceiveAsync(Memory<byte> buffer)
    {
        using var timeout = new CancellationTokenSource(ToolProcess.DefaultTimeout, TimeProvider.System);
        return await socket.ReceiveAsync(buffer, timeout.Token);
    }
}
