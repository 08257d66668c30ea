using System.Xml.Linq;
using ScottPlot;

namespace AlexNetService.Laboratory.Report;

/// <summary>Charts of loss, errors and rate over the epochs, as SVG.</summary>
internal static class LearningCurves
{
    private const int Width = 640;
    private const int Height = 300;

    /// <summary>Mean loss of the training crops, in nats.</summary>
    public static XElement Loss(IReadOnlyList<EpochResult> epochs) =>
        Picture(epochs, "loss (nats)", fromZero: true, ("training", epoch => epoch.Loss));

    /// <summary>Top-1 and top-5 errors, in percent; top-5 only with more than five classes.</summary>
    public static XElement Errors(IReadOnlyList<EpochResult> epochs, int classes) => Picture(
        epochs,
        "error (%)",
        fromZero: true,
        ("training, top-1", epoch => 100 * epoch.TrainingTop1Error),
        ("held out, top-1", epoch => 100 * epoch.ValidationTop1Error),
        ("held out, top-5", epoch => ErrorRates.HasTop5(classes) ? 100 * epoch.ValidationTop5Error : null));

    public static XElement Rate(IReadOnlyList<EpochResult> epochs) =>
        Picture(epochs, "learning rate", fromZero: false, ("rate", epoch => epoch.LearningRate));

    private static XElement Picture(
        IReadOnlyList<EpochResult> epochs, string vertical, bool fromZero, params (string Name, Func<EpochResult, double?> Value)[] curves)
    {
        var plot = new Plot();
        foreach (var (name, value) in curves)
        {
            Coordinates[] points =
            [
                .. epochs.Select(epoch => new Coordinates(epoch.Epoch, value(epoch) ?? double.NaN))
                    .Where(point => double.IsFinite(point.Y)),
            ];
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
        if (fromZero)
        {
            plot.Axes.SetLimitsY(0, plot.Axes.GetLimits().Top);
        }

        return XElement.Parse(plot.GetSvgXml(Width, Height));
    }
}
