using System.Net.Sockets;

namespace Sockeye.Tests.Connections;

public sealed class ExplanationTests
{
    private static readonly Explanation Limit = new("5 of 5 are open", "MaxConnections", ": raise it.");

    [Fact]
    public void Text_has_the_option_in_parentheses_and_no_full_stop()
    {
        Assert.Equal("MaxConnections", Limit.Option);
        Assert.Equal("5 of 5 are open (MaxConnections): raise it", Limit.ToString());
        Assert.Equal("the peer left", new Explanation("the peer left.").ToString());
    }

    [Theory]
    [InlineData("--max-connections", "5 of 5 are open (--max-connections): raise it")]
    [InlineData(null, "5 of 5 are open: raise it")]
    public void Option_can_have_another_name_or_none(string? name, string expected) =>
        Assert.Equal(expected, Limit.ToString(option => option == "MaxConnections" ? name : option));

    [Fact]
    public void Name_is_not_requested_without_an_option() =>
        Assert.Equal("it left", new Explanation("it left").ToString(option => throw new NotSupportedException(option)));

    [Fact]
    public void Text_of_a_peer_is_escaped_on_both_sides_of_the_option() =>
        Assert.Equal(@"a\x0A (Option)\x1B", new Explanation("a\n", "Option", "\u001b").ToString());

    [Fact]
    public void Explanation_keeps_its_option_after_the_start_of_a_longer_sentence()
    {
        var longer = Limit.After("not served: ");

        Assert.Equal("MaxConnections", longer.Option);
        Assert.Equal("not served: 5 of 5 are open (MaxConnections): raise it", longer.ToString());
    }

    [Fact]
    public void Close_reason_connect_error_and_its_message_have_the_same_explanation()
    {
        var reason = new CloseReason(ClosedBy.Peer, CloseCause.Fin, CloseDirection.Input, "the peer left.");
        var error = new ConnectException("Could not connect to a:1: refused.", SocketError.ConnectionRefused);

        Assert.Equal("the peer left", reason.Explanation.ToString());
        Assert.Equal(reason.Description, reason.Explanation.ToString());
        Assert.Equal("Could not connect to a:1: refused", error.Explanation.ToString());
        Assert.Equal("Could not connect to a:1: refused.", error.Message);
    }
}
