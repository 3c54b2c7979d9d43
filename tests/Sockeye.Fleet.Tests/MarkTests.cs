using System.Text;
using Sockeye.Fleet.Clients;

namespace Sockeye.Fleet.Tests;

public sealed class MarkTests
{
    [Fact]
    public void Marks_are_found_in_whatever_frames_they_come()
    {
        var bytes = Encoding.Latin1.GetBytes(
            $"\x81\x7e\0#@#{{\"text\":\"{new Mark(7, 12).ToText()}\"}}\x1e{{\"type\":6}}\x1e"
            + $"@#@{new Mark(8, 9_999_999_999).ToText()}\"");

        var (marks, consumed) = Scan(bytes);

        Assert.Equal([new(7, 12), new(8, 9_999_999_999)], marks);
        Assert.Equal(bytes.Length, consumed);
    }

    [Fact]
    public void Mark_that_is_cut_anywhere_is_found_once_with_the_rest()
    {
        var bytes = Encoding.ASCII.GetBytes($"{{\"{new Mark(41, 5).ToText()}\"}}{{\"{new Mark(42, 6).ToText()}\"}}");

        for (var cut = 0; cut <= bytes.Length; cut++)
        {
            var (first, consumed) = Scan(bytes[..cut]);
            var (second, _) = Scan(bytes[consumed..]);

            Assert.Equal([new(41, 5), new(42, 6)], first.Concat(second));
        }
    }

    [Fact]
    public void Elapsed_time_survives_the_wrap_of_the_clock() =>
        Assert.Equal(15, Mark.Elapsed(Mark.Wrap - 10, 5));

    private static (List<Mark> Marks, int Consumed) Scan(byte[] bytes)
    {
        List<Mark> marks = [];
        var consumed = Mark.Scan(bytes, marks.Add);
        return (marks, consumed);
    }
}
