using Sockeye.Tests.Support;

namespace Sockeye.Tests.Conversations;

public sealed class RespondTests
{
    private const int Seed = 18;

    private static readonly Codec<string> Lines = Codec.Lines(maxLength: 64);

    [Fact]
    public void Function_returns_the_response_to_each_request() => Simulated.Run(Seed, async world =>
    {
        await using var server = await world.StartWith(listen => listen.Run(Lines, line => line.ToUpperInvariant()));
        await using var requests = await Connect(world);

        Assert.Equal("ONE", await requests.SendAsync("one"));
        Assert.Equal("TWO", await requests.SendAsync("two"));
    });

    [Fact]
    public void Directions_may_have_different_messages() => Simulated.Run(Seed, async world =>
    {
        var numbers = Codec.FixedSize(1).WithMessages<int>(
            (value, output) =>
            {
                output.GetSpan(1)[0] = (byte)value;
                output.Advance(1);
            },
            bytes => bytes.FirstSpan[0]);
        await using var server = await world.StartWith(listen => listen.Run(Lines, numbers, line => line.Length));
        await using var requests = (await world.Connect()).AsMessages(numbers, Lines).AsRequests();

        Assert.Equal(5, await requests.SendAsync("seven"));
    });

    [Fact]
    public void Requests_are_processed_together_up_to_the_limit_and_answered_in_order() => Simulated.Run(Seed, async world =>
    {
        var (running, most) = (0, 0);
        await using var server = await world.StartWith(listen => listen.Run(
            Lines,
            async (line, cancellationToken) =>
            {
                most = Math.Max(most, ++running);
                await Task.Delay(TimeSpan.FromMilliseconds(world.Network.Random.Next(1, 50)), world.Time, cancellationToken);
                running--;
                return $"re {line}";
            },
            options: new() { MaxConcurrentRequests = 4 }));
        await using var requests = await Connect(world);

        var responses = await Task.WhenAll(Enumerable.Range(0, 40).Select(each => requests.SendAsync($"{each}").AsTask()));

        Assert.Equal(Enumerable.Range(0, 40).Select(each => $"re {each}"), responses);
        Assert.Equal(4, most);
    });

    [Fact]
    public void Responses_without_order_are_sent_when_they_are_ready() => Simulated.Run(Seed, async world =>
    {
        await using var server = await world.StartWith(listen => listen.Run(
            Lines,
            async (line, cancellationToken) =>
            {
                var seconds = int.Parse(line.Split(' ')[1], null);
                await Task.Delay(TimeSpan.FromSeconds(seconds), world.Time, cancellationToken);
                return line;
            },
            options: new() { MaxConcurrentRequests = 4, KeepsOrder = false }));
        await using var connection = await world.Connect();
        await using var requests = connection.AsMessages(Lines).AsRequests(rules => rules.MatchById(
            (request, id) => $"{id} {request}", response => long.Parse(response.Split(' ')[0], null)));
        List<string> order = [];

        await Task.WhenAll(((string[])["3", "1", "2"]).Select(async seconds => order.Add(await requests.SendAsync(seconds))));

        Assert.Equal(["2 1", "3 2", "1 3"], order);
    });

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public void Exception_becomes_a_response_by_the_rule_of_the_user(int concurrent) => Simulated.Run(Seed, async world =>
    {
        await using var server = await world.StartWith(listen => listen.Run(
            Lines, (line, _) => line is "bad" ? throw new FormatException("bad line") : ValueTask.FromResult(line),
            onError: (line, error) => $"error {line}: {error.Message}",
            new() { MaxConcurrentRequests = concurrent }));
        await using var requests = await Connect(world);

        var responses = await Task.WhenAll(
            ((string[])["one", "bad", "two"]).Select(line => requests.SendAsync(line).AsTask()));

        Assert.Equal(["one", "error bad: bad line", "two"], responses);
    });

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public void Exception_without_a_rule_ends_its_connection_and_no_other(int concurrent) => Simulated.Run(Seed, async world =>
    {
        await using var server = await world.StartWith(listen => listen.Run(
            Lines, (line, _) => line is "bad" ? throw new FormatException("bad line") : ValueTask.FromResult(line),
            options: new() { MaxConcurrentRequests = concurrent }));
        await using var good = await Connect(world);
        await using var bad = await Connect(world);

        var sent = bad.SendAsync("bad").AsTask();
        var error = await Assert.ThrowsAsync<RequestException>(() => sent);

        Assert.True(error.MayHaveBeenDone);
        Assert.Contains("Local HandlerError Both", (await world.ConnectionEnded()).Message);
        Assert.Equal("fine", await good.SendAsync("fine"));
    });

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public void Token_fires_when_the_peer_resets_the_connection(int concurrent) => Simulated.Run(Seed, async world =>
    {
        var fired = new TaskCompletionSource();
        await using var server = await world.StartWith(listen => listen.Run(
            Lines,
            async (line, cancellationToken) =>
            {
                await using var registration = cancellationToken.UnsafeRegister(_ => fired.TrySetResult(), null);
                await Task.Delay(Timeout.InfiniteTimeSpan, world.Time, cancellationToken);
                return line;
            },
            options: new() { MaxConcurrentRequests = concurrent }));
        var requests = await Connect(world);
        var sent = requests.SendAsync("one").AsTask();
        await world.Pass(TimeSpan.FromSeconds(1));

        requests.Messages.Connection.Abort();

        await fired.Task;
        await Assert.ThrowsAsync<RequestException>(() => sent);
        await world.Until(() => server.ConnectionCount == 0, "the connection ended");
    });

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public void Requests_that_have_arrived_are_answered_when_the_peer_ends_its_side(int concurrent) => Simulated.Run(
        Seed, async world =>
        {
            await using var server = await world.StartWith(listen => listen.Run(
                Lines,
                async (line, cancellationToken) =>
                {
                    await Task.Delay(TimeSpan.FromSeconds(1), world.Time, cancellationToken);
                    return line;
                },
                options: new() { MaxConcurrentRequests = concurrent }));
            await using var connection = await world.Connect();
            var client = connection.AsMessages(Lines);

            await client.WriteManyAsync(["one", "two", "three"]);
            await connection.Transport.Output.CompleteAsync();

            Assert.Equal(["one", "two", "three"], await client.ReadAllAsync().ToListAsync());
        });

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public void Stop_of_the_server_answers_the_requests_that_have_arrived(int concurrent) => Simulated.Run(Seed, async world =>
    {
        await using var server = await world.StartWith(listen => listen.Run(
            Lines,
            async (line, cancellationToken) =>
            {
                await Task.Delay(TimeSpan.FromSeconds(1), world.Time, cancellationToken);
                return line;
            },
            options: new() { MaxConcurrentRequests = concurrent }));
        await using var requests = await Connect(world);
        var sent = requests.SendAsync("one").AsTask();
        await world.Pass(TimeSpan.FromMilliseconds(500));

        var stopping = server.StopAsync();

        Assert.Equal("one", await sent);
        await requests.DisposeAsync();
        Assert.Equal(1, (await stopping).Drained);
    });

    private static async Task<RequestConnection<string, string>> Connect(Simulated world) =>
        (await world.Connect()).AsMessages(Lines).AsRequests();
}
