using System.IO.Pipelines;
using System.Text;
using Microsoft.AspNetCore.Connections;
using Sockeye.Fleet.Clients;

namespace Sockeye.Fleet.Tests;

/// <summary>Whether clients see what is wrong.</summary>
public sealed class MemberTests
{
    [Theory]
    [InlineData("1 2 3", 3, 0, 0)]
    [InlineData("1 3", 3, 1, 0)]
    [InlineData("2 3", 3, 1, 0)]
    [InlineData("1 2", 3, 1, 0)]
    [InlineData("", 3, 3, 0)]
    [InlineData("1 2 2 3", 3, 0, 1)]
    [InlineData("1 3 2", 3, 1, 1)]
    [InlineData("0 1 0 2 3", 3, 0, 0)]
    public async Task Lines_that_are_lost_or_doubled_are_counted(string numbers, long sent, long lost, long doubled)
    {
        var (tally, _) = await ReceiveAsync(numbers, sent, first: 1, step: 1);

        Assert.Equal((lost, doubled), (tally.Lost, tally.Doubled));
        Assert.Equal(1, tally.Closed);
    }

    [Theory]
    [InlineData("3 13 23", 25, 0)]
    [InlineData("3 23", 25, 1)]
    [InlineData("3 13", 25, 1)]
    [InlineData("3 13", 22, 0)]
    public async Task User_expects_every_tenth_line(string numbers, long sent, long lost)
    {
        var (tally, _) = await ReceiveAsync(numbers, sent, first: 3, step: 10);

        Assert.Equal(lost, tally.Lost);
    }

    [Fact]
    public async Task Line_that_tries_the_way_reaches_a_member_once()
    {
        var (tally, batch) = await ReceiveAsync("0 0 0", sent: 0, first: 1, step: 1);

        Assert.Equal((1, 0), (batch.Reached, tally.Received));
    }

    private static async Task<(Tally Tally, MemberBatch Batch)> ReceiveAsync(string numbers, long sent, long first, long step)
    {
        var tally = new Tally(TimeProvider.System);
        var batch = new MemberBatch(tally, new(0));
        var pair = new Pipe();
        var connection = new DefaultConnectionContext("test") { Transport = new TestPipe(pair.Reader, new Pipe().Writer) };
        var member = new Member(connection, batch, tally);
        batch.Members.Add(member);
        member.Expect(first, step);
        foreach (var number in numbers.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            await pair.Writer.WriteAsync(Encoding.ASCII.GetBytes(new Mark(long.Parse(number, null), 1).ToText()), Token);
        await pair.Writer.CompleteAsync();

        await member.ReceiveAsync();

        tally.OnLost(member.Missing(sent));
        return (tally, batch);
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private sealed record TestPipe(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}
