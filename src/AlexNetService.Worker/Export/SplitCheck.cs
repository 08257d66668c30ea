namespace AlexNetService.Worker.Export;

/// <summary>Compares trunk and rest of a package, run as they are served, with its whole graph on the ten crops of a canvas.</summary>
internal static class SplitCheck
{
    // Relative to the largest logit or probability. Within the whole graph a CPU skips the rounding of maps to 16 bits.
    private const double Tolerance = 1e-5;
    private const double HalfTolerance = 1e-3;

    private const int Seed = 2012;

    /// <summary>The package without trunk and rest, which a session would open instead of the whole graph.</summary>
    public static ModelPackage Whole(ModelPackage package) => package with { Card = package.Card with { Split = null } };

    /// <summary>Runs a random canvas through both and prints the differences; a package without a split passes.</summary>
    public static void Require(ModelPackage package, ModelSession whole)
    {
        if (package.Card.Split is not { } split)
        {
            return;
        }

        using var served = ModelSession.Open(package, new RuntimeOptions());
        var geometry = new CropGeometry(package.Card.Preprocessing.Canvas, package.Card.Preprocessing.Crop);
        var windows = CropViews.Ten(geometry);
        var canvas = new byte[NetworkArchitecture.Channels * geometry.Canvas * geometry.Canvas];
        new Random(Seed).NextBytes(canvas);
        var crops = new byte[windows.Length * whole.CropBytes];
        for (var i = 0; i < windows.Length; i++)
        {
            windows[i].CopyTo(canvas, geometry.Canvas, crops.AsSpan(i * whole.CropBytes, whole.CropBytes), geometry.Crop);
        }

        var tensors = package.Card.Tensors;
        foreach (var output in new[] { tensors.Logits, tensors.Probabilities }.OfType<string>())
        {
            var (expected, actual) = (new float[windows.Length * whole.Classes], new float[windows.Length * whole.Classes]);
            CropOutputs Into(float[] values) =>
                output == tensors.Logits ? new CropOutputs { Logits = values } : new CropOutputs { Probabilities = values };
            whole.Run(crops, windows.Length, Into(expected));
            served.Run(canvas, windows, Into(actual));
            var difference = ParityCheck.RelativeDifference(expected, actual);
            Console.WriteLine($"trunk and rest on ten crops: {output} differ by {difference:E1} of the largest");
            var tolerance = split.Type == MapType.Float16 ? HalfTolerance : Tolerance;
            ParityCheck.RequireSmall(difference, tolerance, $"Trunk and rest disagree with the whole graph: {output}");
        }
    }
}
