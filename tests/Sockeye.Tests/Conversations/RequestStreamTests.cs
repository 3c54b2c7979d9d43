using Microsoft.Extensions.Time.Testing;
using Sockeye.Tests.Support;

namespace Sockeye.Tests.Conversations;

/// <summary>Requests with many responses, and messages that answer no request.</summary>
public sealed class RequestStreamTests
{
    private static readonly Codec<string> Lines = Codec.Lines(maxLength: 64);

    private readonly FakeTimeProvider _time = new();
    private readonly MemoryConnection _client;
    private readonly MessageConnection<string> _peer;

    public RequestStreamTests()
    {
        (_client, var server) = MemoryConnection.CreatePair();
        _peer = server.AsMessages(Lines);
    }

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Stream_returns_its_responses_and_the_next_request_its_own()
    {
        await using var requests = Requests();
        var listing = requests.SendStreamAsync("list", IsDot, Cancelled).ToListAsync(Cancelled).AsTask();
        var next = requests.SendAsync("next", Cancelled).AsTask();
        Assert.Equal(["list", "next"], await ReadAsync(2));

        await _peer.WriteManyAsync(["one", "two", ".", "after"], Cancelled);

        Assert.Equal(["one", "two", "."], await listing.Within());
        Assert.Equal("after", await next.Within());
    }

    [Fact]
    public async Task Responses_of_a_stream_that_was_left_reach_no_other_request()
    {
        await using var requests = Requests();
        await using (var reading = requests.SendStreamAsync("list", IsDot, Cancelled).GetAsyncEnumerator(Cancelled))
        {
            var first = reading.MoveNextAsync();
            Assert.Equal(["list"], await ReadAsync(1));
            await _peer.WriteAsync("one", Cancelled);
            Assert.True(await first.Within());
        }

        var next = requests.SendAsync("next", Cancelled).AsTask();
        Assert.Equal(["next"], await ReadAsync(1));
        await _peer.WriteManyAsync(["two", ".", "after"], Cancelled);

        Assert.Equal("after", await next.Within());
        Assert.Equal(2, requests.LateResponseCount);
    }

    [Fact]
    public async Task Reader_that_does_not_keep_up_pauses_the_connection_and_loses_nothing()
    {
        await using var requests = Requests(options: new() { MaxQueuedResponses = 2, RequestTimeout = TimeSpan.FromSeconds(5) });
        await using var reading = requests.SendStreamAsync("list", IsDot, Cancelled).GetAsyncEnumerator(Cancelled);
        var first = reading.MoveNextAsync();
        Assert.Equal(["list"], await ReadAsync(1));
        await _peer.WriteManyAsync([.. Enumerable.Range(0, 20).Select(each => $"{each}"), "."], Cancelled);
        Assert.True(await first.Within());

        _time.Advance(TimeSpan.FromMinutes(1));

        List<string> read = [reading.Current];
        while (await reading.MoveNextAsync().Within())
            read.Add(reading.Current);
        Assert.Equal([.. Enumerable.Range(0, 20).Select(each => $"{each}"), "."], read);
    }

    [Fact]
    public async Task Stream_that_pauses_for_longer_than_the_timeout_fails()
    {
        await using var requests = Requests(options: new() { RequestTimeout = TimeSpan.FromSeconds(5) });
        await using var reading = requests.SendStreamAsync("list", IsDot, Cancelled).GetAsyncEnumerator(Cancelled);
        var first = reading.MoveNextAsync();
        Assert.Equal(["list"], await ReadAsync(1));
        await _peer.WriteAsync("one", Cancelled);
        Assert.True(await first.Within());

        var second = reading.MoveNextAsync().AsTask();
        await BoundedWait.UntilAsTimePasses(_time, TimeSpan.FromSeconds(1), () => second.IsCompleted, "the stream failed");

        var error = await Assert.ThrowsAsync<RequestException>(() => second);
        Assert.Equal((RequestError.TimedOut, true), (error.Error, error.MayHaveBeenDone));
    }

    [Fact]
    public async Task End_of_the_connection_fails_a_stream()
    {
        await using var requests = Requests();
        var listing = requests.SendStreamAsync("list", IsDot, Cancelled).ToListAsync(Cancelled).AsTask();
        Assert.Equal(["list"], await ReadAsync(1));

        await _peer.WriteAsync("one", Cancelled);
        await _peer.Connection.Transport.Output.CompleteAsync();

        Assert.True((await Assert.ThrowsAsync<RequestException>(() => listing.Within())).MayHaveBeenDone);
    }

    [Fact]
    public async Task Pushes_between_responses_reach_their_reader()
    {
        await using var requests = Requests(rules => rules.IsPush = IsPush);
        var sent = requests.SendAsync("a", Cancelled).AsTask();
        Assert.Equal(["a"], await ReadAsync(1));

        await _peer.WriteManyAsync([">one", "A", ">two"], Cancelled);

        Assert.Equal("A", await sent.Within());
        Assert.Equal(
            [">one", ">two"], await requests.ReadPushesAsync(Cancelled).Take(2).ToListAsync(Cancelled).AsTask().Within());
    }

    [Fact]
    public async Task Pushes_reach_their_handler_in_order_before_the_responses_behind_them()
    {
        List<string> order = [];
        await using var requests = Requests(rules =>
        {
            rules.IsPush = IsPush;
            rules.OnPush = async push =>
            {
                await Task.Yield();
                order.Add(push);
            };
        });
        var sent = requests.SendAsync("a", Cancelled).AsTask();
        Assert.Equal(["a"], await ReadAsync(1));

        await _peer.WriteManyAsync([">one", ">two", "A"], Cancelled);

        Assert.Equal("A", await sent.Within());
        Assert.Equal([">one", ">two"], order);
    }

    [Fact]
    public async Task Pushes_end_with_the_connection()
    {
        await using var requests = Requests(rules => rules.IsPush = IsPush);
        await _peer.WriteAsync(">one", Cancelled);
        await _peer.Connection.Transport.Output.CompleteAsync();

        Assert.Equal([">one"], await requests.ReadPushesAsync(Cancelled).ToListAsync(Cancelled).AsTask().Within());
    }

    [Fact]
    public async Task Too_many_pushes_that_are_not_read_end_the_connection_and_name_the_option()
    {
        await using var requests = Requests(rules => rules.IsPush = IsPush, new() { MaxQueuedPushes = 2 });

        await _peer.WriteManyAsync([">one", ">two", ">three"], Cancelled);
        await requests.Completion.Within();

        Assert.Equal(CloseCause.Limit, requests.CloseReason!.Cause);
        Assert.Contains("MaxQueuedPushes", requests.CloseReason.Description);
    }

    [Fact]
    public async Task Message_without_an_id_is_a_push()
    {
        await using var requests = Requests(rules => rules.MatchById(
            (request, id) => $"{id}:{request}", response => response.Split(':') is [var id, _] ? long.Parse(id, null) : null));

        await _peer.WriteAsync("hello", Cancelled);

        Assert.Equal("hello", await requests.ReadPushesAsync(Cancelled).FirstAsync(Cancelled).AsTask().Within());
    }

    private static bool IsDot(string line) => line is ".";

    private static bool IsPush(string line) => line.StartsWith('>');

    private RequestConnection<string, string> Requests(
        Action<RequestRules<string, string>>? configure = null, RequestOptions? options = null)
    {
        options ??= new();
        options.TimeProvider = _time;
        return _client.AsMessages(Lines).AsRequests(configure, options);
    }

    private Task<List<string>> ReadAsync(int count) =>
        _peer.ReadAllAsync(Cancelled).Take(count).ToListAsync(Cancelled).AsTask().Within();
}
