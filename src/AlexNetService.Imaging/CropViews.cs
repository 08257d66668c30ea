using AlexNetService.ModelSpec.Architecture;

namespace AlexNetService.Imaging;

/// <summary>The crops of a canvas whose answers are averaged at test time (Krizhevsky 2012 §4.1).</summary>
public static class CropViews
{
    /// <summary>The supported numbers of crops.</summary>
    public static IReadOnlyList<int> Counts { get; } = [1, 10];

    /// <summary>The centre crop (1) or the ten crops (10).</summary>
    /// <exception cref="ArgumentOutOfRangeException">Another number of crops, or a crop larger than its canvas.</exception>
    public static CropWindow[] Of(int crops, CropGeometry geometry) => crops switch
    {
        1 => Centre(geometry),
        10 => Ten(geometry),
        _ => throw new ArgumentOutOfRangeException(nameof(crops), crops, "Use 1 or 10 crops."),
    };

    /// <summary>The centre crop alone.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The crop is larger than its canvas.</exception>
    public static CropWindow[] Centre(CropGeometry geometry)
    {
        var middle = FarOffset(geometry) / 2;
        return [new CropWindow(middle, middle, Mirrored: false)];
    }

    /// <summary>Four corners and the centre, then the same five mirrored: ten crops.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The crop is larger than its canvas.</exception>
    public static CropWindow[] Ten(CropGeometry geometry)
    {
        var far = FarOffset(geometry);
        var middle = far / 2;
        (int Top, int Left)[] places = [(0, 0), (0, far), (far, 0), (far, far), (middle, middle)];
        return
        [
            .. places.Select(place => new CropWindow(place.Top, place.Left, Mirrored: false)),
            .. places.Select(place => new CropWindow(place.Top, place.Left, Mirrored: true)),
        ];
    }

    /// <summary>The largest offset at which a crop still lies on its canvas.</summary>
    internal static int FarOffset(CropGeometry geometry)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(geometry.Crop, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(geometry.Crop, geometry.Canvas);
        return geometry.Canvas - geometry.Crop;
    }
}
