using static TorchSharp.torch;

namespace AlexNetService.Training.Data;

/// <summary>
/// Canvas → the crop that the network learns from and the shift of its colours, drawn anew for each use of a photograph (Krizhevsky 2012
/// §4.1). Imaging cuts the crop; <see cref="PixelCentring"/> applies the shift and subtracts the mean on the network's devices.
/// </summary>
/// <param name="geometry">Canvas and crop.</param>
/// <param name="colours">Principal components of the training set.</param>
/// <param name="colourShift">Standard deviation of the random factor on each principal component; 0.1 in the paper, 0 for none.</param>
/// <param name="randomCrops">Whether windows are drawn and mirrored at random. Otherwise every use is the centre window.</param>
/// <param name="scaleJitter">
/// How much the side of a random window may differ from the crop's, as a share of it. The window is then resampled. 0 in the paper.
/// </param>
internal sealed class Augmentation(
    CropGeometry geometry, ColourStatistics colours, double colourShift, bool randomCrops = true, double scaleJitter = 0)
{
    private readonly CropWindow centre = CropViews.Centre(geometry)[0];
    private readonly bool isResampled = randomCrops && scaleJitter > 0;

    /// <summary>
    /// Element type of all crops: bytes, as photographs are; float32 if windows are resampled, since rounding would change the training.
    /// </summary>
    public ScalarType Pixels => isResampled ? ScalarType.Float32 : ScalarType.Byte;

    /// <summary>
    /// Draws a window, mirrored half the time, and a shift of its colours along their principal components. The paper scales the random
    /// factor by the component's eigenvalue. An eigenvalue is in squared pixel values, so its root, the standard deviation, is used here.
    /// Canvas [3,canvas,canvas], 0..255 → crop [crop,crop,3] of <see cref="Pixels"/>, 0..255, and shift [3], to add to every pixel; both
    /// are written whole.
    /// </summary>
    public void Draw(ReadOnlySpan<byte> canvas, Random random, Span<byte> crop, Span<float> shift)
    {
        if (isResampled)
        {
            var window = ScaledWindow.Draw(random, geometry, scaleJitter);
            window.CopyTo(canvas, geometry.Canvas, MemoryMarshal.Cast<byte, float>(crop), geometry.Crop);
        }
        else
        {
            Cut(canvas, randomCrops ? CropWindow.Draw(random, geometry) : centre, crop);
        }

        shift.Clear();
        for (var component = 0; component < 3 && colourShift > 0; component++)
        {
            var factor = colourShift * Gaussian(random) * colours.Deviations[component];
            for (var channel = 0; channel < 3; channel++)
            {
                shift[channel] += (float)(factor * colours.Components[component][channel]);
            }
        }
    }

    /// <summary>
    /// Cuts the windows of a number of canvases, spread evenly over all, one canvas after the other, as <see cref="Window"/> does.
    /// </summary>
    public CropWriter Windows(Canvases canvases, CropWindow[] windows, int photographs) => (use, crop, shift) =>
    {
        var place = (int)((long)(use / windows.Length) * canvases.Photographs.Count / photographs);
        Window(canvases[place].Span, windows[use % windows.Length], crop, shift);
        return canvases.Photographs[place].Label;
    };

    /// <summary>A given window, unchanged and with a shift of zero, for tests; shapes as in <see cref="Draw"/>.</summary>
    public void Window(ReadOnlySpan<byte> canvas, CropWindow window, Span<byte> crop, Span<float> shift)
    {
        Cut(canvas, window, crop);
        shift.Clear();
    }

    private void Cut(ReadOnlySpan<byte> canvas, CropWindow window, Span<byte> crop)
    {
        if (isResampled)
        {
            window.CopyChannelsLastTo(canvas, geometry.Canvas, MemoryMarshal.Cast<byte, float>(crop), geometry.Crop);
        }
        else
        {
            window.CopyChannelsLastTo(canvas, geometry.Canvas, crop, geometry.Crop);
        }
    }

    /// <summary>A draw from N(0, 1) (Box and Muller 1958).</summary>
    private static double Gaussian(Random random) =>
        Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
