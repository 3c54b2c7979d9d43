using Microsoft.Extensions.Time.Testing;
using Sockeye.Tests.Support;

namespace Sockeye.Tests.Conversations;

public sealed class RequestTests
{
    private static readonly Codec<string> Lines = Codec.Lines(maxLength: 64);

    private readonly FakeTimeProvider _time = new();
    private readonly MemoryConnection _client;
    private readonly MemoryConnection _server;
    private readonly MessageConnection<string> _peer;

    public RequestTests()
    {
        (_client, _server) = MemoryConnection.CreatePair();
        _peer = _server.AsMessages(Lines);
    }

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Responses_reach_the_requests_in_order()
    {
        await using var requests = InOrder();

        var tasks = SendEach(requests, "a", "b", "c");
        Assert.Equal(["a", "b", "c"], await ReadAsync(3));
        await _peer.WriteManyAsync(["A", "B", "C"], Cancelled);

        Assert.Equal(["A", "B", "C"], await Task.WhenAll(tasks).Within());
        Assert.Equal((0, 0, 0), (requests.InFlightCount, requests.WaiterCount, (int)requests.LateResponseCount));
    }

    [Fact]
    public async Task Responses_by_id_reach_their_requests_in_any_order()
    {
        await using var requests = ById();

        var (first, second) = (requests.SendAsync("a", Cancelled).AsTask(), requests.SendAsync("b", Cancelled).AsTask());
        Assert.Equal(["1:a", "2:b"], await ReadAsync(2));
        await _peer.WriteManyAsync(["2:B", "1:A"], Cancelled);

        Assert.Equal("2:B", await second.Within());
        Assert.Equal("1:A", await first.Within());
    }

    [Fact]
    public async Task Requests_beyond_the_limit_wait_and_are_sent_in_the_order_of_the_calls()
    {
        await using var requests = InOrder(new() { MaxInFlight = 2, MaxWaiters = 2 });

        var tasks = SendEach(requests, "a", "b", "c", "d");
        var refused = await FailureOf(requests.SendAsync("e", Cancelled).AsTask());
        Assert.Equal(["a", "b"], await ReadAsync(2));
        Assert.Equal((2, 2), (requests.InFlightCount, requests.WaiterCount));
        Assert.Equal((RequestError.TooManyWaiters, false), (refused.Error, refused.MayHaveBeenDone));
        Assert.Contains("MaxWaiters", refused.Message);

        await _peer.WriteAsync("A", Cancelled);
        Assert.Equal(["c"], await ReadAsync(1));
        await _peer.WriteManyAsync(["B", "C"], Cancelled);
        Assert.Equal(["d"], await ReadAsync(1));
        await _peer.WriteAsync("D", Cancelled);

        Assert.Equal(["A", "B", "C", "D"], await Task.WhenAll(tasks).Within());
    }

    [Fact]
    public async Task Late_response_in_order_is_consumed_and_reaches_no_other_request()
    {
        await using var requests = InOrder();
        using var cancel = new CancellationTokenSource();
        var first = requests.SendAsync("a", cancel.Token).AsTask();
        var second = requests.SendAsync("b", Cancelled).AsTask();
        Assert.Equal(["a", "b"], await ReadAsync(2));

        cancel.Cancel();
        var cancelled = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first.Within());
        Assert.Contains("may have been done", cancelled.Message);
        Assert.Equal(2, requests.InFlightCount);
        await _peer.WriteManyAsync(["A", "B"], Cancelled);

        Assert.Equal("B", await second.Within());
        Assert.Equal(1, requests.LateResponseCount);
    }

    [Fact]
    public async Task Late_response_by_id_is_dropped_and_counted()
    {
        await using var requests = ById();
        using var cancel = new CancellationTokenSource();
        var first = requests.SendAsync("a", cancel.Token).AsTask();
        Assert.Equal(["1:a"], await ReadAsync(1));
        cancel.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first.Within());
        Assert.Equal(0, requests.InFlightCount);

        var second = requests.SendAsync("b", Cancelled).AsTask();
        Assert.Equal(["2:b"], await ReadAsync(1));
        await _peer.WriteManyAsync(["1:A", "2:B", "1:A"], Cancelled);

        Assert.Equal("2:B", await second.Within());
        await BoundedWait.Until(() => requests.LateResponseCount == 2, "both were counted");
    }

    [Fact]
    public async Task Request_that_is_cancelled_while_it_waits_is_not_sent()
    {
        await using var requests = InOrder(new() { MaxInFlight = 1 });
        using var cancel = new CancellationTokenSource();
        var first = requests.SendAsync("a", Cancelled).AsTask();
        var second = requests.SendAsync("b", cancel.Token).AsTask();
        var third = requests.SendAsync("c", Cancelled).AsTask();

        cancel.Cancel();
        var error = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second.Within());
        Assert.Contains("certainly not sent", error.Message);
        Assert.Equal(["a"], await ReadAsync(1));
        await _peer.WriteAsync("A", Cancelled);
        Assert.Equal(["c"], await ReadAsync(1));
        await _peer.WriteAsync("C", Cancelled);

        Assert.Equal(["A", "C"], await Task.WhenAll(first, third).Within());
    }

    [Fact]
    public async Task Token_that_is_cancelled_already_sends_nothing()
    {
        await using var requests = InOrder();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => requests.SendAsync("a", new CancellationToken(canceled: true)).AsTask());
        var next = requests.SendAsync("b", Cancelled).AsTask();

        Assert.Equal(["b"], await ReadAsync(1));
        await _peer.WriteAsync("B", Cancelled);
        Assert.Equal("B", await next.Within());
    }

    [Fact]
    public async Task Timeout_covers_waiting_and_says_whether_the_request_was_sent()
    {
        await using var requests = InOrder(new() { MaxInFlight = 1, RequestTimeout = TimeSpan.FromSeconds(5) });
        var sent = requests.SendAsync("a", Cancelled).AsTask();
        var waiting = requests.SendAsync("b", Cancelled).AsTask();
        var patient = requests.SendAsync("c", TimeSpan.FromMinutes(1), Cancelled).AsTask();
        Assert.Equal(["a"], await ReadAsync(1));

        _time.Advance(TimeSpan.FromSeconds(4.9));
        Assert.Equal(2, requests.WaiterCount);
        _time.Advance(TimeSpan.FromSeconds(0.3));

        var (first, second) = (await FailureOf(sent), await FailureOf(waiting));
        Assert.Equal((RequestError.TimedOut, true), (first.Error, first.MayHaveBeenDone));
        Assert.Equal((RequestError.TimedOut, false), (second.Error, second.MayHaveBeenDone));
        Assert.Contains("5 s", first.Message);
        await _peer.WriteAsync("A", Cancelled);
        Assert.Equal(["c"], await ReadAsync(1));
        await _peer.WriteAsync("C", Cancelled);
        Assert.Equal("C", await patient.Within());
        Assert.Equal(1, requests.LateResponseCount);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task End_of_the_connection_fails_each_request_with_its_fate(bool isReset)
    {
        await using var requests = InOrder(new() { MaxInFlight = 1 });
        var (sent, waiting) = (requests.SendAsync("a", Cancelled).AsTask(), requests.SendAsync("b", Cancelled).AsTask());
        Assert.Equal(["a"], await ReadAsync(1));

        if (isReset)
            _server.Abort();
        else
            await _server.Transport.Output.CompleteAsync();

        var (first, second) = (await FailureOf(sent), await FailureOf(waiting));
        Assert.Equal((RequestError.ConnectionEnded, true), (first.Error, first.MayHaveBeenDone));
        Assert.Equal((RequestError.ConnectionEnded, false), (second.Error, second.MayHaveBeenDone));
        Assert.Contains("may have been done", first.Message);
        Assert.Contains("certainly not sent", second.Message);
        await requests.Completion.Within();
        Assert.False((await FailureOf(requests.SendAsync("c", Cancelled).AsTask())).MayHaveBeenDone);
    }

    [Fact]
    public async Task Disposal_fails_the_requests_and_closes_the_connection()
    {
        var requests = InOrder();
        var sent = requests.SendAsync("a", Cancelled).AsTask();
        Assert.Equal(["a"], await ReadAsync(1));

        await requests.DisposeAsync();
        await requests.DisposeAsync();

        Assert.True((await FailureOf(sent)).MayHaveBeenDone);
        Assert.Contains("disposed", (await FailureOf(requests.SendAsync("b", Cancelled).AsTask())).Message);
        Assert.True(_client.IsDisposed);
        await requests.Completion.Within();
    }

    [Fact]
    public async Task Response_without_a_request_is_an_error_of_the_peer()
    {
        await using var requests = InOrder();

        await _peer.WriteAsync("surprise", Cancelled);
        await requests.Completion.Within();

        Assert.Equal((ClosedBy.Peer, CloseCause.ProtocolError), (requests.CloseReason!.By, requests.CloseReason.Cause));
    }

    [Fact]
    public async Task Response_with_an_id_that_no_request_had_is_an_error_of_the_peer()
    {
        await using var requests = ById();
        var sent = requests.SendAsync("a", Cancelled).AsTask();
        Assert.Equal(["1:a"], await ReadAsync(1));

        await _peer.WriteAsync("7:A", Cancelled);

        Assert.True((await FailureOf(sent)).MayHaveBeenDone);
        Assert.Contains("id 7", requests.CloseReason!.Description);
    }

    [Fact]
    public async Task Request_that_the_codec_refuses_fails_alone()
    {
        await using var requests = InOrder();

        var refused = await FailureOf(requests.SendAsync(new string('x', 65), Cancelled).AsTask());
        var next = requests.SendAsync("b", Cancelled).AsTask();

        Assert.Equal((RequestError.InvalidRequest, false), (refused.Error, refused.MayHaveBeenDone));
        Assert.IsType<FrameException>(refused.InnerException);
        Assert.Equal(["b"], await ReadAsync(1));
        await _peer.WriteAsync("B", Cancelled);
        Assert.Equal("B", await next.Within());
    }

    [Fact]
    public async Task Id_is_not_used_again_while_its_response_may_come()
    {
        await using var requests = ById(maxId: 2);
        using var cancel = new CancellationTokenSource();
        var first = requests.SendAsync("a", cancel.Token).AsTask();
        Assert.Equal(["1:a"], await ReadAsync(1));
        cancel.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first.Within());

        foreach (var text in (string[])["b", "c"])
        {
            var next = requests.SendAsync(text, Cancelled).AsTask();
            Assert.Equal([$"2:{text}"], await ReadAsync(1));
            await _peer.WriteAsync("2:ok", Cancelled);
            Assert.Equal("2:ok", await next.Within());
        }

        await _peer.WriteAsync("1:late", Cancelled);
        await BoundedWait.Until(() => requests.LateResponseCount == 1, "the late response came");
        var last = requests.SendAsync("d", Cancelled).AsTask();
        Assert.Equal(["1:d"], await ReadAsync(1));
        await _peer.WriteAsync("1:D", Cancelled);
        Assert.Equal("1:D", await last.Within());
    }

    [Fact]
    public async Task Connection_whose_ids_are_all_without_a_response_is_aborted()
    {
        await using var requests = ById(maxId: 2, new() { RequestTimeout = TimeSpan.FromSeconds(1) });
        var (first, second) = (requests.SendAsync("a", Cancelled).AsTask(), requests.SendAsync("b", Cancelled).AsTask());
        Assert.Equal(["1:a", "2:b"], await ReadAsync(2));

        _time.Advance(TimeSpan.FromSeconds(2));

        Assert.Equal(RequestError.TimedOut, (await FailureOf(first)).Error);
        Assert.Equal(RequestError.TimedOut, (await FailureOf(second)).Error);
        await requests.Completion.Within();
        Assert.Equal(CloseCause.Timeout, requests.CloseReason!.Cause);
    }

    [Fact]
    public async Task Rule_that_throws_ends_the_connection_with_its_name()
    {
        await using var requests = _client.AsMessages(Lines).AsRequests(
            rules => rules.IsPush = _ => throw new FormatException("no idea"), Options());
        var sent = requests.SendAsync("a", Cancelled).AsTask();
        Assert.Equal(["a"], await ReadAsync(1));

        await _peer.WriteAsync("A", Cancelled);

        Assert.IsType<FormatException>((await FailureOf(sent)).InnerException);
        Assert.Equal(CloseCause.HandlerError, requests.CloseReason!.Cause);
        Assert.Contains("no idea", requests.CloseReason.Description);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-2)]
    public async Task Timeout_that_is_not_positive_is_refused(int seconds)
    {
        await using var requests = InOrder();

        var error = Assert.Throws<ArgumentOutOfRangeException>(
            () => { _ = requests.SendAsync("a", TimeSpan.FromSeconds(seconds), Cancelled).AsTask(); });
        Assert.Equal("timeout", error.ParamName);
        Assert.Throws<ArgumentNullException>(() => { _ = requests.SendAsync(null!, Cancelled).AsTask(); });
    }

    private RequestConnection<string, string> InOrder(RequestOptions? options = null) =>
        _client.AsMessages(Lines).AsRequests(options: Options(options));

    private RequestConnection<string, string> ById(long maxId = long.MaxValue, RequestOptions? options = null) =>
        _client.AsMessages(Lines).AsRequests(
            rules => rules.MatchById(
                (request, id) => $"{id}:{request}",
                response => response.Split(':') is [var id, _] ? long.Parse(id, null) : null,
                maxId),
            Options(options));

    private RequestOptions Options(RequestOptions? options = null)
    {
        options ??= new();
        options.TimeProvider = _time;
        return options;
    }

    private Task<List<string>> ReadAsync(int count) =>
        _peer.ReadAllAsync(Cancelled).Take(count).ToListAsync(Cancelled).AsTask().Within();

    private static Task<string>[] SendEach(RequestConnection<string, string> requests, params IEnumerable<string> each) =>
        [.. each.Select(request => requests.SendAsync(request, Cancelled).AsTask())];

    private static Task<RequestException> FailureOf(Task<string> task) =>
        Assert.ThrowsAsync<RequestException>(() => task.Within());
}
