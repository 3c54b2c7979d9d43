using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;

namespace Sockeye.Tests.Sockets;

/// <summary>Socket options that a system may lack, as TCP_KEEPCNT on Windows before 10 1703.</summary>
public sealed class OptionalSocketOptionTests : IDisposable
{
    private const int ProtocolTcp = 6;
    private const int NoOption = 9999;

    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly FakeLogger _log = new();

    public void Dispose() => _socket.Dispose();

    [Fact]
    public void Option_that_the_system_lacks_is_asked_for_once_and_left_out_with_one_line()
    {
        var calls = 0;
        var option = new OptionalSocketOption("TCP_NOTHING", "nothing is lost", (socket, value) =>
        {
            calls++;
            socket.SetRawSocketOption(ProtocolTcp, NoOption, BitConverter.GetBytes(value));
        });

        option.LogIfMissing(_log);
        for (var i = 0; i < 3; i++)
            option.Set(_socket, 1);
        option.LogIfMissing(_log);

        Assert.Equal((1, true), (calls, option.IsMissing));
        var line = Assert.Single(_log.Collector.GetSnapshot());
        Assert.Equal((1009, LogLevel.Warning), (line.Id.Id, line.Level));
        Assert.Equal("This system has no socket option TCP_NOTHING: nothing is lost.", line.Message);
    }

    [Fact]
    public void Option_that_the_system_has_is_set_each_time()
    {
        var option = new OptionalSocketOption("TCP_NODELAY", "", (socket, value) => socket.NoDelay = value != 0);

        option.Set(_socket, 1);
        Assert.True(_socket.NoDelay);
        option.Set(_socket, 0);

        Assert.False(_socket.NoDelay);
        Assert.False(option.IsMissing);
    }

    [Fact]
    public void Any_other_error_is_the_callers()
    {
        var option = new OptionalSocketOption(
            "SO_X", "", (_, _) => throw new SocketException((int)SocketError.ConnectionReset));

        Assert.Throws<SocketException>(() => option.Set(_socket, 1));
        Assert.False(option.IsMissing);
    }

    [Fact]
    public async Task Transport_reports_nothing_where_the_system_has_all()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Other systems may lack one.");
        var transport = new SocketTransport(new() { FastOpen = true });
        await using var listener = await transport.BindAsync(
            new IPEndPoint(IPAddress.Loopback, 0), TestContext.Current.CancellationToken);
        await using var client = await transport.ConnectAsync(listener.EndPoint, TestContext.Current.CancellationToken);

        ((ILoggingTransport)transport).UseLogger(_log);

        Assert.Empty(_log.Collector.GetSnapshot());
    }
}
