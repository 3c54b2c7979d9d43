using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;
using Microsoft.Extensions.Time.Testing;

namespace Sockeye.Tests.Server;

public sealed class AcceptFailureLogTests
{
    private static readonly SocketException Exhausted = new((int)SocketError.TooManyOpenSockets);

    private readonly FakeTimeProvider _time = new();
    private readonly FakeLogger _logger = new();
    private readonly AcceptFailureLog _trouble;

    public AcceptFailureLogTests() => _trouble = new(_time, _logger);

    [Fact]
    public void All_listeners_of_a_server_say_it_once()
    {
        for (var port = 7000; port < 7003; port++)
            _trouble.OnFailure(new IPEndPoint(IPAddress.Loopback, port), Exhausted);

        var line = Assert.Single(_logger.Collector.GetSnapshot());
        Assert.Equal((1100, LogLevel.Warning), (line.Id.Id, line.Level));
        Assert.Contains("127.0.0.1:7000", line.Message);
    }

    [Fact]
    public void Recovery_reports_how_long_how_often_and_how_many_were_reset()
    {
        var endpoint = new IPEndPoint(IPAddress.Loopback, 7000);
        _trouble.OnFailure(endpoint, Exhausted);
        _time.Advance(TimeSpan.FromSeconds(7));
        _trouble.OnFailure(endpoint, Exhausted);
        _trouble.OnShed(12);
        _trouble.OnSuccess(endpoint); // too soon to be over
        Assert.Equal(1100, _logger.LatestRecord.Id.Id);

        _time.Advance(AcceptFailureLog.Gap);
        _trouble.OnSuccess(endpoint);

        Assert.Equal(1102, _logger.LatestRecord.Id.Id);
        Assert.Contains("after 00:00:07: accept failed 2 times, 12 waiting clients were reset", _logger.LatestRecord.Message);
    }
}
