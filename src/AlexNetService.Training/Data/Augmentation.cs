using AlexNetService.Imaging;
using AlexNetService.ModelSpec.Architecture;

namespace AlexNetService.Training.Data;

/// <summary>
/// Canvas → the crop that the network learns from, drawn anew for each use of a photograph (Krizhevsky 2012 §4.1). Imaging cuts the crop;
/// this class shifts its colours and subtracts the mean.
/// </summary>
/// <param name="geometry">Canvas and crop.</param>
/// <param name="colours">Mean and principal components of the training set.</param>
/// <param name="colourShift">Standard deviation of the random factor on each principal component; 0.1 in the paper, 0 for none.</param>
/// <param name="randomCrops">Whether windows are drawn and mirrored at random. Otherwise every use is the centre window.</param>
/// <param name="scaleJitter">
/// How much the side of a random window may differ from the crop's, as a share of it. The window is then resampled. 0 in the paper.
/// </param>
public sealed class Augmentation(
    CropGeometry geometry, ColourStatistics colours, double colourShift, bool randomCrops = true, double scaleJitter = 0)
{
    private readonly CropWindow centre = CropViews.Centre(geometry)[0];
    private readonly float[] mean = ChannelsLast(colours.MeanOfCrop(geometry.Crop), geometry.Crop);

    /// <summary>
    /// Draws a window, mirrored half the time, and shifts its colours along their principal components. The paper scales the random
    /// factor by the component's eigenvalue. An eigenvalue is in squared pixel values, so its root, the standard deviation, is used here.
    /// </summary>
    /// <param name="canvas">[3,canvas,canvas], 0..255.</param>
    /// <param name="random">The generator of this use of the photograph.</param>
    /// <param name="crop">[crop,crop,3] (channels last), 0..255 less the mean; written whole.</param>
    public void Draw(ReadOnlySpan<byte> canvas, Random random, Span<float> crop)
    {
        if (randomCrops && scaleJitter > 0)
        {
            ScaledWindow.Draw(random, geometry, scaleJitter).CopyTo(canvas, geometry.Canvas, crop, geometry.Crop);
        }
        else
        {
            var window = randomCrops ? CropWindow.Draw(random, geometry) : centre;
            window.CopyTo(canvas, geometry.Canvas, crop, geometry.Crop);
        }

        var (red, green, blue) = (0f, 0f, 0f);
        for (var component = 0; component < 3 && colourShift > 0; component++)
        {
            var factor = colourShift * Gaussian(random) * colours.Deviations[component];
            red += (float)(factor * colours.Components[component][0]);
            green += (float)(factor * colours.Components[component][1]);
            blue += (float)(factor * colours.Components[component][2]);
        }

        ShiftAndCentre(crop, red, green, blue);
    }

    /// <summary>The centre window, unchanged, for validation.</summary>
    /// <param name="canvas">[3,canvas,canvas], 0..255.</param>
    /// <param name="crop">[crop,crop,3] (channels last), 0..255 less the mean; written whole.</param>
    public void Centre(ReadOnlySpan<byte> canvas, Span<float> crop) => Window(canvas, centre, crop);

    /// <summary>A given window, unchanged, for the ten crops of a test.</summary>
    /// <param name="canvas">[3,canvas,canvas], 0..255.</param>
    /// <param name="window">The window.</param>
    /// <param name="crop">[crop,crop,3] (channels last), 0..255 less the mean; written whole.</param>
    public void Window(ReadOnlySpan<byte> canvas, CropWindow window, Span<float> crop)
    {
        window.CopyTo(canvas, geometry.Canvas, crop, geometry.Crop);
        ShiftAndCentre(crop, 0, 0, 0);
    }

    /// <summary>Subtracts the mean from the finished crop, so that a mirrored crop and the graph's input get the same mean.</summary>
    private void ShiftAndCentre(Span<float> crop, float red, float green, float blue)
    {
        ReadOnlySpan<float> less = mean;
        for (var i = 0; i < crop.Length; i += 3)
        {
            crop[i] = crop[i] + red - less[i];
            crop[i + 1] = crop[i + 1] + green - less[i + 1];
            crop[i + 2] = crop[i + 2] + blue - less[i + 2];
        }
    }

    /// <summary>[3] or [3,crop,crop] → [crop,crop,3].</summary>
    private static float[] ChannelsLast(IReadOnlyList<double> mean, int crop)
    {
        var (plane, values) = (crop * crop, new float[3 * crop * crop]);
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = (float)mean[mean.Count == 3 ? i % 3 : (i % 3 * plane) + (i / 3)];
        }

        return values;
    }

    /// <summary>A draw from N(0, 1) (Box and Muller 1958).</summary>
    private static double Gaussian(Random random) =>
        Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
