using System.Globalization;
using System.Text;

namespace Sockeye.Cli;

/// <summary>A line of a plot.</summary>
/// <param name="Name">Its name in the legend.</param>
/// <param name="Class">Its class in the style sheet, which has the colour.</param>
/// <param name="Points">Its points, from left to right. NaN is a gap.</param>
internal sealed record PlotLine(string Name, string Class, IReadOnlyList<(double X, double Y)> Points);

/// <summary>Lines as an SVG picture, which takes its colours from the style sheet of the page.</summary>
internal sealed class SvgPlot
{
    private const int Width = 720;
    private const int Height = 280;
    private const int Left = 72;
    private const int Right = 30;
    private const int Top = 14;
    private const int Bottom = 48;
    private const int LinearSteps = 5;
    private const double MinPositive = 0.001;

    /// <summary>The ends of a vertical axis: near the highest value, and with five steps of few digits.</summary>
    private static readonly double[] Ends = [1, 1.5, 2, 3, 4, 5, 6, 8, 10];

    private readonly IReadOnlyList<PlotLine> _lines;
    private readonly IReadOnlyList<(double X, string Label)> _ticks;
    private readonly bool _isLogarithmic;
    private readonly (double Min, double Max) _x;
    private readonly (double Min, double Max) _y;

    /// <param name="lines">The lines, at least one with a point that is a number.</param>
    /// <param name="ticks">The labels of the horizontal axis.</param>
    /// <param name="isLogarithmic">Whether the vertical axis is logarithmic; otherwise it starts at zero.</param>
    public SvgPlot(IReadOnlyList<PlotLine> lines, IReadOnlyList<(double X, string Label)> ticks, bool isLogarithmic)
    {
        (_lines, _ticks, _isLogarithmic) = (lines, ticks, isLogarithmic);
        var points = lines.SelectMany(line => line.Points).ToList();
        _x = (Math.Min(points.Min(point => point.X), ticks.Min(tick => tick.X)), points.Max(point => point.X));
        if (_x.Max <= _x.Min)
            _x = (_x.Min, _x.Min + 1);
        var values = points.Select(point => point.Y).Where(double.IsFinite).ToList();
        var (low, high) = (values.Min(), values.Max());
        _y = isLogarithmic
            ? (Math.Floor(Math.Log10(Math.Max(low, MinPositive))), Math.Ceiling(Math.Log10(Math.Max(high, MinPositive * 10))))
            : (0, RoundUp(high, Ends));
        if (_y.Max <= _y.Min)
            _y = (_y.Min, _y.Min + 1);
    }

    /// <summary>Returns the lowest of the numbers, times a power of ten, that is not below the value.</summary>
    /// <param name="value">The value.</param>
    /// <param name="numbers">Numbers from 1 to 10.</param>
    public static double RoundUp(double value, double[] numbers)
    {
        if (value <= 0)
            return 1;
        var power = Math.Pow(10, Math.Floor(Math.Log10(value)));
        return numbers.FirstOrDefault(number => number * power >= value, 10) * power;
    }

    /// <summary>Returns the picture.</summary>
    /// <param name="title">The description for readers that do not see it, with the unit of the vertical axis.</param>
    /// <param name="horizontal">The name of the horizontal axis.</param>
    public string Write(string title, string horizontal)
    {
        var svg = new StringBuilder();
        Append(svg, $"<svg viewBox=\"0 0 {Width} {Height}\" role=\"img\" aria-label=\"{title}\">");
        WriteVertical(svg);
        foreach (var (x, label) in _ticks.Where(tick => tick.X >= _x.Min && tick.X <= _x.Max))
        {
            Append(svg, $"<line class=\"grid\" x1=\"{X(x):0.0}\" y1=\"{Top}\" x2=\"{X(x):0.0}\" y2=\"{Height - Bottom}\"/>");
            Append(svg, $"<text x=\"{X(x):0.0}\" y=\"{Height - Bottom + 20}\" text-anchor=\"middle\">{label}</text>");
        }

        Append(svg, $"<text x=\"{(Width + Left) / 2}\" y=\"{Height - 6}\" text-anchor=\"middle\">{horizontal}</text>");
        foreach (var line in _lines.Where(line => line.Points.Count > 0))
            WriteLine(svg, line);
        svg.Append("</svg>");
        return svg.ToString();
    }

    private static void Append(StringBuilder svg, FormattableString text) =>
        svg.Append(text.ToString(CultureInfo.InvariantCulture)).Append('\n');

    private void WriteVertical(StringBuilder svg)
    {
        var count = _isLogarithmic ? (int)(_y.Max - _y.Min) : LinearSteps;
        for (var step = 0; step <= count; step++)
        {
            var value = _y.Min + ((_y.Max - _y.Min) * step / count);
            var y = Height - Bottom - ((Height - Top - Bottom) * (double)step / count);
            var label = _isLogarithmic
                ? Math.Pow(10, value).ToString("#,0.###", CultureInfo.InvariantCulture)
                : RequestRate.Format(value);
            Append(svg, $"<line class=\"grid\" x1=\"{Left}\" y1=\"{y:0.0}\" x2=\"{Width - Right}\" y2=\"{y:0.0}\"/>");
            Append(svg, $"<text x=\"{Left - 6}\" y=\"{y + 4:0.0}\" text-anchor=\"end\">{label}</text>");
        }
    }

    private void WriteLine(StringBuilder svg, PlotLine line)
    {
        List<(double X, double Y)> part = [];
        foreach (var point in line.Points.Append((0, double.NaN)))
        {
            if (double.IsFinite(point.Y))
            {
                part.Add(point);
                continue;
            }

            WritePart(svg, line.Class, part);
            part.Clear();
        }
    }

    /// <summary>Writes the points between two gaps. A single one is a dot.</summary>
    private void WritePart(StringBuilder svg, string style, List<(double X, double Y)> part)
    {
        if (part is [var only])
            Append(svg, $"<circle class=\"{style}\" cx=\"{X(only.X):0.0}\" cy=\"{Y(only.Y):0.0}\" r=\"3\"/>");
        if (part.Count < 2)
            return;
        svg.Append(CultureInfo.InvariantCulture, $"<polyline class=\"{style}\" points=\"");
        foreach (var (x, y) in part)
            svg.Append(CultureInfo.InvariantCulture, $"{X(x):0.0},{Y(y):0.0} ");
        svg.Append("\"/>\n");
    }

    private double X(double value) => Left + ((Width - Left - Right) * (value - _x.Min) / (_x.Max - _x.Min));

    private double Y(double value)
    {
        var scaled = _isLogarithmic ? Math.Log10(Math.Max(value, MinPositive)) : value;
        return Height - Bottom - ((Height - Top - Bottom) * Math.Clamp((scaled - _y.Min) / (_y.Max - _y.Min), 0, 1));
    }
}
