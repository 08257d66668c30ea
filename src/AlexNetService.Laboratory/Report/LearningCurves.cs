using System.Xml.Linq;
using AlexNetService.Training.Loop;
using ScottPlot;

namespace AlexNetService.Laboratory.Report;

/// <summary>Charts of loss, errors and rate over the epochs, as SVG.</summary>
internal static class LearningCurves
{
    private const int Width = 640;
    private const int Height = 300;

    /// <summary>Mean loss of the training crops, in nats.</summary>
    public static XElement Loss(IReadOnlyList<EpochResult> epochs) =>
        Picture("loss (nats)", Scale.Zero, ("training", epochs, epoch => epoch.Loss));

    /// <summary>Top-1 and top-5 errors, in percent; top-5 only with more than five classes.</summary>
    public static XElement Errors(IReadOnlyList<EpochResult> epochs, int classes) => Picture(
        "error (%)",
        Scale.Zero,
        ("training, top-1", epochs, epoch => 100 * epoch.TrainingTop1Error),
        ("held out, top-1", epochs, epoch => 100 * epoch.ValidationTop1Error),
        ("held out, top-5", epochs, epoch => ErrorRates.HasTop5(classes) ? 100 * epoch.ValidationTop5Error : null));

    /// <summary>The learning rate.</summary>
    public static XElement Rate(IReadOnlyList<EpochResult> epochs) =>
        Picture("learning rate", Scale.Tight, ("rate", epochs, epoch => epoch.LearningRate));

    private static XElement Picture(
        string vertical, Scale scale, params (string Name, IReadOnlyList<EpochResult> Epochs, Func<EpochResult, double?> Value)[] curves)
    {
        var plot = new Plot();
        foreach (var (name, epochs, value) in curves)
        {
            var points = epochs.Select(epoch => (X: (double)epoch.Epoch, Y: value(epoch)))
                .Where(point => point.Y is { } y && double.IsFinite(y))
                .Select(point => new Coordinates(point.X, point.Y ?? 0))
                .ToArray();
            if (points.Length > 0)
            {
                var line = plot.Add.Scatter(points);
                line.LegendText = curves.Length > 1 ? name : "";
                line.LineWidth = 2;
                line.MarkerSize = points.Length > 40 ? 0 : 5;
            }
        }

        plot.XLabel("epoch");
        plot.YLabel(vertical);
        plot.Legend.IsVisible = curves.Length > 1;
        plot.Legend.Alignment = Alignment.UpperRight;
        plot.Axes.AutoScale();
        plot.Axes.Bottom.TickGenerator = new ScottPlot.TickGenerators.NumericAutomatic { IntegerTicksOnly = true };
        if (scale == Scale.Zero)
        {
            plot.Axes.SetLimitsY(0, plot.Axes.GetLimits().Top);
        }

        return XElement.Parse(plot.GetSvgXml(Width, Height));
    }

    /// <summary>Start of the vertical axis.</summary>
    private enum Scale
    {
        Zero,
        Tight,
    }
}
