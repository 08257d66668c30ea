using AlexNetService.ModelSpec.Architecture;

namespace AlexNetService.Imaging;

/// <summary>The view of a canvas that a training step sees (Krizhevsky 2012 §4.1).</summary>
public static class RandomCrop
{
    /// <summary>A place anywhere on the canvas, each as likely as the other; mirrored half of the time.</summary>
    /// <param name="generator">Seeded by the caller.</param>
    /// <param name="geometry">Canvas and crop.</param>
    /// <exception cref="ArgumentOutOfRangeException">The crop is larger than its canvas.</exception>
    public static CropWindow Draw(Random generator, CropGeometry geometry)
    {
        var places = CropViews.FarOffset(geometry) + 1;
        return new CropWindow(generator.Next(places), generator.Next(places), Mirrored: generator.Next(2) == 1);
    }
}
