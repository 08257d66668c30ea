using AlexNetService.Imaging;
using AlexNetService.ModelSpec.Package;

namespace AlexNetService.Inference.Ensembles;

/// <summary>Which crops of a canvas are averaged; the value is their number.</summary>
public enum TestViews
{
    /// <summary>The centre crop.</summary>
    Centre = 1,

    /// <summary>Four corners, the centre, and their mirrors (Krizhevsky 2012 §4.1).</summary>
    Ten = 10,
}

internal static class TestViewWindows
{
    public static CropWindow[] Windows(this TestViews views, Preprocessing input) =>
        CropViews.Of((int)views, new(input.Canvas, input.Crop));
}
