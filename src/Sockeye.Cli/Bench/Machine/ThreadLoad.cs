using System.Globalization;

namespace Sockeye.Cli;

/// <summary>The processor time of the threads of this process, and the time for which they were ready and had no processor:
/// /proc/self/task/*/schedstat. Empty on systems other than Linux.</summary>
/// <param name="Threads">The nanoseconds that each thread ran, and those that it waited.</param>
internal sealed record ThreadLoad(IReadOnlyDictionary<string, (long Run, long Wait)> Threads)
{
    private const string Folder = "/proc/self/task";

    // It spins before each planned start, so that its time says nothing.
    private const string Spinning = LoadDispatcher.ThreadName;

    public static ThreadLoad Read()
    {
        var threads = new Dictionary<string, (long, long)>();
        if (!OperatingSystem.IsLinux())
            return new(threads);
        foreach (var thread in Directory.EnumerateDirectories(Folder))
        {
            try
            {
                if (File.ReadAllText(Path.Combine(thread, "comm")).TrimEnd() is not Spinning
                    && Parse(File.ReadAllText(Path.Combine(thread, "schedstat"))) is { } load)
                    threads[Path.GetFileName(thread)] = load;
            }
            catch (IOException)
            {
                // The thread has ended, or the kernel is built without these counts.
            }
        }

        return new(threads);
    }

    /// <summary>Returns the parts of the time since an earlier reading in which the busiest thread ran, and the one that waited
    /// longest for a processor was ready.</summary>
    public (double Busiest, double Waiting) GetShares(ThreadLoad earlier, long nanoseconds)
    {
        var (run, wait) = (0L, 0L);
        foreach (var (thread, (ran, waited)) in Threads)
        {
            var before = earlier.Threads.GetValueOrDefault(thread);
            run = Math.Max(run, ran - before.Run);
            wait = Math.Max(wait, waited - before.Wait);
        }

        return nanoseconds <= 0 ? (0, 0) : (Math.Min(1, (double)run / nanoseconds), Math.Min(1, (double)wait / nanoseconds));
    }

    /// <summary>Parses "run wait slices".</summary>
    internal static (long Run, long Wait)? Parse(string text) =>
        text.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) is [var run, var wait, ..]
            && long.TryParse(run, CultureInfo.InvariantCulture, out var ran)
            && long.TryParse(wait, CultureInfo.InvariantCulture, out var waited)
            ? (ran, waited) : null;
}
