using AlexNetService.Imaging;
using AlexNetService.ModelSpec.Architecture;

namespace AlexNetService.Training.Data;

/// <summary>Canvas → the crop the network learns from, fresh for each use of a photograph (Krizhevsky 2012 §4.1).</summary>
/// <param name="geometry">Canvas and crop.</param>
/// <param name="colours">Mean and principal components of the training set.</param>
/// <param name="colourShift">Standard deviation of the random factor on each principal component; 0.1 in the paper, 0 for none.</param>
/// <param name="randomCrops">Whether windows are drawn and mirrored at random; without, every use is the centre window.</param>
/// <param name="scaleJitter">
/// How much a random window's side may differ from the crop's, as a share of it; the window is then resampled to the crop. 0 in the paper.
/// </param>
public sealed class Augmentation(
    CropGeometry geometry, ColourStatistics colours, double colourShift, bool randomCrops = true, double scaleJitter = 0)
{
    private readonly CropWindow centre = CropViews.Centre(geometry)[0];
    private readonly float[] mean = ChannelsLast(colours.MeanOfCrop(geometry.Crop), geometry.Crop);

    /// <summary>
    /// A random window, mirrored half the time, its colours shifted along their principal components. The paper scales the random
    /// factor by the component's eigenvalue; an eigenvalue is in squared pixel values, so its root, the standard deviation, is what
    /// can be added to a pixel.
    /// </summary>
    /// <param name="canvas">[3,canvas,canvas], 0..255.</param>
    /// <param name="random">The photograph's own generator for this use.</param>
    /// <param name="crop">[crop,crop,3] (channels last), 0..255 less the mean; written whole.</param>
    public void Draw(ReadOnlySpan<byte> canvas, Random random, Span<float> crop)
    {
        var scaled = randomCrops && scaleJitter > 0 ? ScaledWindow.Draw(random, geometry, scaleJitter) : (ScaledWindow?)null;
        var window = scaled is null && randomCrops ? RandomCrop.Draw(random, geometry) : centre;
        Span<float> shift = stackalloc float[3];
        for (var component = 0; component < 3 && colourShift > 0; component++)
        {
            var factor = colourShift * Gaussian(random) * colours.Deviations[component];
            for (var channel = 0; channel < 3; channel++)
            {
                shift[channel] += (float)(factor * colours.Components[component][channel]);
            }
        }

        if (scaled is { } resampled)
        {
            resampled.Resample(canvas, geometry, shift, mean, crop);
        }
        else
        {
            Cut(canvas, window, shift, crop);
        }
    }

    /// <summary>The centre window as it is, for validation.</summary>
    /// <param name="canvas">[3,canvas,canvas], 0..255.</param>
    /// <param name="crop">[crop,crop,3] (channels last), 0..255 less the mean; written whole.</param>
    public void Centre(ReadOnlySpan<byte> canvas, Span<float> crop) => Window(canvas, centre, crop);

    /// <summary>A given window as it is, for the ten crops of a test.</summary>
    /// <param name="canvas">[3,canvas,canvas], 0..255.</param>
    /// <param name="window">The window.</param>
    /// <param name="crop">[crop,crop,3] (channels last), 0..255 less the mean; written whole.</param>
    public void Window(ReadOnlySpan<byte> canvas, CropWindow window, Span<float> crop) => Cut(canvas, window, [0, 0, 0], crop);

    /// <summary>The mean is taken off where a pixel goes, not where it came from: a mirrored crop meets it as the graph's input does.</summary>
    private void Cut(ReadOnlySpan<byte> canvas, CropWindow window, ReadOnlySpan<float> shift, Span<float> crop)
    {
        var (side, size) = (geometry.Canvas, geometry.Crop);
        for (var channel = 0; channel < 3; channel++)
        {
            for (var row = 0; row < size; row++)
            {
                var source = canvas.Slice((((channel * side) + window.Top + row) * side) + window.Left, size);
                var target = crop.Slice(row * size * 3, size * 3);
                var less = mean.AsSpan(row * size * 3, size * 3);
                for (var column = 0; column < size; column++)
                {
                    var place = (3 * (window.Mirrored ? size - 1 - column : column)) + channel;
                    target[place] = source[column] + shift[channel] - less[place];
                }
            }
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
