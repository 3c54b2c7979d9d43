using Sockeye.Linux.Tests.Support;

namespace Sockeye.Linux.Tests.IoUring;

/// <summary>Submissions that found no room: a queue, however it grows and shrinks.</summary>
public sealed class SubmissionSpillTests
{
    [Fact]
    public void Comes_out_in_order_whatever_the_mix_of_in_and_out()
    {
        var random = new Random(4);
        var spill = new SubmissionSpill();
        var expected = new Queue<Submission>();
        for (ulong i = 0; i < 20_000; i++)
        {
            // More in than out at first, then the other way round.
            if (spill.Count == 0 || random.Next(20_000) > (int)i)
            {
                ref var submission = ref spill.Add();
                Assert.Equal(default, submission);
                submission.Nop(i);
                expected.Enqueue(submission);
            }
            else
            {
                Assert.Equal(expected.Dequeue(), spill.Take());
            }

            Assert.Equal(expected.Count, spill.Count);
        }
    }
}
