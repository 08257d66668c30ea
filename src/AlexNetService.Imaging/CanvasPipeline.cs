using NetVips;

namespace AlexNetService.Imaging;

/// <summary>The steps from a decoded picture to the pixels of the canvas. They run only when pixels are read.</summary>
internal static class CanvasPipeline
{
    private const double FloatReduction = 100;

    /// <summary>
    /// Cuts out a square, flattens, scales and converts it: interleaved 8-bit sRGB, [side,side,3], not yet turned upright. The square is
    /// cut before it is scaled, so a picture of 1×10000 costs no more than its pixels.
    /// </summary>
    internal static Image Square(Image picture, int left, int top, int cut, int side) =>
        picture
            .Crop(left, top, cut, cut)
            .Then(Flatten)
            .Then(image => Scale(image, side))
            .Then(ToSrgb)
            .Then(ToThreeBytes);

    /// <summary>Puts transparent pixels on white, as browsers do. This comes before scaling, so that hidden colours do not bleed.</summary>
    private static Image Flatten(Image image) =>
        image.HasAlpha() ? image.Flatten(background: [White(image.Interpretation)]) : image.Copy();

    private static double White(Enums.Interpretation interpretation) => interpretation switch
    {
        Enums.Interpretation.Rgb16 or Enums.Interpretation.Grey16 => 65_535,
        Enums.Interpretation.Scrgb => 1,
        Enums.Interpretation.Cmyk => 0,
        _ => 255,
    };

    /// <summary>A triangle filter as wide as the reduction (antialiased); bilinear where a small picture grows.</summary>
    private static Image Scale(Image image, int side) => image.Width.CompareTo(side) switch
    {
        0 => image.Copy(),
        > 0 => Reduce(image, side),
        < 0 => Enlarge(image, side),
    };

    /// <summary>
    /// Box averages by whole numbers as long as at least three times the canvas remains, then the filter, whose few taps are exact enough
    /// in 8 bits. Averages over very many pixels need floats: libvips rounds the factor of each pixel.
    /// </summary>
    private static Image Reduce(Image image, int side)
    {
        var reduction = (double)image.Width / side;
        if (reduction < FloatReduction)
        {
            return image.Resize(1 / reduction, kernel: Enums.Kernel.Linear, gap: 3);
        }

        var format = image.Format;
        return image
            .Cast(Enums.BandFormat.Float)
            .Then(exact => exact.Reduceh(reduction, kernel: Enums.Kernel.Linear, gap: 2))
            .Then(exact => exact.Reducev(reduction, kernel: Enums.Kernel.Linear, gap: 2))
            .Then(exact => exact.Rint())
            .Then(exact => exact.Cast(format));
    }

    /// <summary>Keeps pixel centres on pixel centres; libvips's own enlargement moves the picture by half a source pixel.</summary>
    private static Image Enlarge(Image image, int side)
    {
        var factor = (double)side / image.Width;
        using var bilinear = Interpolate.NewFromName("bilinear");
        return image.Affine(
            [factor, 0, 0, factor],
            interpolate: bilinear,
            oarea: [0, 0, side, side],
            odx: (factor - 1) / 2,
            ody: (factor - 1) / 2,
            extend: Enums.Extend.Copy);
    }

    private static Image ToSrgb(Image image)
    {
        if (image.Contains("icc-profile-data") && !IccProfile.IsSrgb((byte[])image.Get("icc-profile-data")))
        {
            try
            {
                return image.IccTransform("srgb", embedded: true, intent: Enums.Intent.Relative, depth: 8);
            }
            catch (VipsException)
            {
                // The profile is damaged or of another colour model. The picture is read without it, as browsers do.
            }
        }

        return image.Interpretation == Enums.Interpretation.Srgb ? image.Copy() : image.Colourspace(Enums.Interpretation.Srgb);
    }

    private static Image ToThreeBytes(Image image) =>
        image.Bands switch
        {
            3 => image.Cast(Enums.BandFormat.Uchar),
            > 3 => image.ExtractBand(0, n: 3).Then(three => three.Cast(Enums.BandFormat.Uchar)),
            _ => image.ExtractBand(0).Then(one => one.Bandjoin(one, one)).Then(three => three.Cast(Enums.BandFormat.Uchar)),
        };
}
