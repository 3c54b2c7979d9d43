using System.Text;
using Sockeye.Nats;

namespace Sockeye.Clustering.Tests.Nats;

public sealed class NatsSubjectTests
{
    [Theory]
    [InlineData("room-7_A~", "room-7_A~")]
    [InlineData("a.b", "a%2Eb")]
    [InlineData("*", "%2A")]
    [InlineData(">", "%3E")]
    [InlineData(" \r\n", "%20%0D%0A")]
    [InlineData("%2E", "%252E")]
    [InlineData("部屋", "%E9%83%A8%E5%B1%8B")]
    public void Topic_becomes_one_token_and_back(string topic, string token)
    {
        Assert.Equal(token, NatsSubjects.Escape(topic));
        Assert.Equal(topic, NatsSubjects.Unescape(token));
    }

    [Fact]
    public void Any_text_becomes_one_token_of_bounded_length_and_back()
    {
        var random = new Random(7);
        for (var i = 0; i < 5000; i++)
        {
            var runes = Enumerable.Range(0, random.Next(1, 128)).Select(_ => RandomRune(random));
            var topic = string.Concat(runes);
            var token = NatsSubjects.Escape(topic);

            Assert.True(token.All(static c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '~' or '%'), token);
            Assert.True(token.Length <= 3 * Encoding.UTF8.GetByteCount(topic));
            Assert.Equal(topic, NatsSubjects.Unescape(token));
        }
    }

    [Fact]
    public void Topic_that_is_empty_too_long_or_no_text_is_an_error_that_says_so()
    {
        Assert.Contains("0 bytes", Assert.Throws<ArgumentException>(() => NatsSubjects.Escape("")).Message,
            StringComparison.Ordinal);
        Assert.Contains("513 bytes", Assert.Throws<ArgumentException>(() => NatsSubjects.Escape(new('x', 513))).Message,
            StringComparison.Ordinal);
        Assert.Contains("surrogate", Assert.Throws<ArgumentException>(() => NatsSubjects.Escape("a\ud800")).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Subjects_that_are_not_used_for_long_are_forgotten()
    {
        var created = 0;
        BoundedCache<int, int> cache = new(capacity: 10, key =>
        {
            created++;
            return key;
        });

        for (var i = 0; i < 1000; i++)
        {
            Assert.Equal(i, cache.Get(i));
            Assert.Equal(-1, cache.Get(-1));
        }

        Assert.Equal(1001, created);
        cache.Get(999);
        Assert.Equal(1001, created);
        cache.Get(0);
        Assert.Equal(1002, created);
    }

    private static Rune RandomRune(Random random)
    {
        while (true)
        {
            if (Rune.TryCreate(random.Next(2) == 0 ? random.Next(0x80) : random.Next(0x110000), out var rune))
                return rune;
        }
    }
}
