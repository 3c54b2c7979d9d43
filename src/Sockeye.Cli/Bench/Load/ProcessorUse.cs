namespace Sockeye.Cli;

/// <summary>The processor time of both sides, with the answers of the same time: also of those just before the start and just
/// after the end of a period, because no reading comes exactly then.</summary>
/// <param name="Answers">The number of answers.</param>
/// <param name="Own">The processor time of this program in nanoseconds.</param>
/// <param name="Server">That of the server; null if it is not known.</param>
internal readonly record struct ProcessorUse(long Answers, long Own, long? Server)
{
    /// <summary>Microseconds of this program for an answer; 0 without answers.</summary>
    public double OwnUs => PerAnswer(Own);

    /// <summary>Microseconds of the server for an answer; null if they are not known.</summary>
    public double? ServerUs => Server is { } time ? PerAnswer(time) : null;

    /// <summary>Returns the values up to now.</summary>
    public static ProcessorUse Read(LoadRecorder recorder, LocalServer? server) =>
        new(recorder.All, ProcessCpu.ReadOwn(), server?.ReadCpu());

    public ProcessorUse Since(ProcessorUse earlier) =>
        new(Answers - earlier.Answers, Own - earlier.Own, Server - earlier.Server);

    private double PerAnswer(long nanoseconds) => Answers == 0 ? 0 : Math.Round(nanoseconds / 1000.0 / Answers, 3);
}
