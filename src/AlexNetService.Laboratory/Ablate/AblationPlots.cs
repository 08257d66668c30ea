using ScottPlot;

namespace AlexNetService.Laboratory.Ablate;

internal static class AblationPlots
{
    private const int Width = 720;
    private const int Height = 420;

    /// <summary>
    /// Top-1 error of each variant with ten crops, in percent, with the standard deviation over the seeds; a line marks the baseline.
    /// </summary>
    public static byte[] Errors(IReadOnlyList<AblationRow> rows)
    {
        var plot = new Plot();
        foreach (var (place, row) in rows.Index())
        {
            if (row.Top1 is not { } error)
            {
                continue;
            }

            var height = rows.Count - 1 - place;
            var point = plot.Add.Scatter(new Coordinates(100 * error.Mean, height));
            point.MarkerSize = 9;
            point.Color = Colors.SteelBlue;
            if (error.Deviation is { } deviation)
            {
                var line = plot.Add.Line(100 * (error.Mean - deviation), height, 100 * (error.Mean + deviation), height);
                line.Color = Colors.SteelBlue;
                line.LineWidth = 2;
            }
        }

        if (rows[0].Top1 is { } baseline)
        {
            var line = plot.Add.VerticalLine(100 * baseline.Mean);
            line.Color = Colors.Gray;
        }

        plot.Axes.Left.SetTicks(
            [.. rows.Select((_, place) => (double)(rows.Count - 1 - place))], [.. rows.Select(row => row.Variant)]);
        plot.XLabel("top-1 error, ten crops (%), mean and standard deviation over seeds");
        plot.Axes.SetLimitsY(-0.5, rows.Count - 0.5);
        return Svg(plot);
    }

    /// <summary>
    /// Training error over the epochs at the best rates, the first seed of each activation, in percent (the paper's figure 1).
    /// </summary>
    public static byte[] Figure1(Figure1Report figure, IReadOnlyList<RunOutcome> runs)
    {
        var plot = new Plot();
        foreach (var best in figure.Best)
        {
            var name = AblationPlan.Figure1Name(best.Activation);
            var run = runs.First(one => one.Name == name && one.Seed == 1 && one.Recipe.LearningRate.Equals(best.Rate));
            Coordinates[] points = [.. run.Epochs.Select(epoch => new Coordinates(epoch.Epoch - 0.5, 100 * epoch.TrainingTop1Error))];
            if (points.Length > 0)
            {
                var line = plot.Add.Scatter(points);
                line.LegendText = $"{best.Activation}, rate {best.Rate}";
                line.LineWidth = 2;
            }
        }

        var target = plot.Add.HorizontalLine(100 * figure.Error);
        target.Color = Colors.Gray;
        plot.XLabel("epochs");
        plot.YLabel("training error (%)");
        plot.Legend.IsVisible = true;
        plot.Legend.Alignment = Alignment.UpperRight;
        plot.Axes.AutoScale();
        plot.Axes.SetLimitsY(0, plot.Axes.GetLimits().Top);
        return Svg(plot);
    }

    private static byte[] Svg(Plot plot) => Encoding.UTF8.GetBytes(plot.GetSvgXml(Width, Height));
}
