namespace Sockeye.Cli;

/// <summary>Searches the highest rate that keeps a bound: it grows until the bound breaks, then halves the distance.</summary>
/// <remarks>
/// A rate breaks the bound if it does so twice, because one late wake-up of the machine can break it once. At the end, the lowest
/// rate that broke it is tried again, because a machine that was busy for some seconds breaks it twice.
/// </remarks>
/// <param name="first">The first rate to try.</param>
/// <param name="limit">The highest rate to try.</param>
internal sealed class RateSearch(double first, double limit)
{
    private const double Precision = 1.04;
    private const double Growth = 1.5;
    private const double MinRate = 1;
    private const int MaxFailures = 2;
    private const int MaxChecks = 3;

    private double _broken = double.PositiveInfinity;
    private int _failures;
    private int _checks;
    private bool _isCheck;

    /// <summary>The highest rate that has kept the bound; null if none has.</summary>
    public double? Best { get; private set; }

    /// <summary>The rate to try next; null if the search has ended.</summary>
    public double? Next { get; private set; } = Math.Min(first, limit);

    /// <summary>Reports the result of <see cref="Next"/>.</summary>
    public void Report(bool isKept)
    {
        var rate = Next ?? throw new InvalidOperationException("The search has ended.");
        if (!isKept && ++_failures < MaxFailures)
            return;
        _failures = 0;
        if (isKept)
            (Best, _broken) = (Math.Max(Best ?? 0, rate), _isCheck ? double.PositiveInfinity : _broken);
        else
            _broken = Math.Min(_broken, rate);
        Next = _isCheck && !isKept ? null : SelectNext();
    }

    private double? SelectNext()
    {
        _isCheck = false;
        if (Best is not { } best)
            return _broken <= MinRate ? null : Math.Max(MinRate, _broken / 2);
        if (double.IsPositiveInfinity(_broken))
            return best >= limit ? null : Math.Min(limit, best * Growth);
        if (_broken / best > Precision)
            return Math.Sqrt(best * _broken);
        _isCheck = _checks++ < MaxChecks;
        return _isCheck ? _broken : null;
    }
}
