using AlexNetService.ModelSpec.Architecture;

namespace AlexNetService.Imaging;

/// <summary>The views of a canvas that are averaged at test time (Krizhevsky 2012 §4.1).</summary>
public static class CropViews
{
    /// <summary>The centre crop alone.</summary>
    /// <param name="geometry">Canvas and crop.</param>
    public static CropWindow[] Centre(CropGeometry geometry)
    {
        var middle = (geometry.Canvas - geometry.Crop) / 2;
        return [new CropWindow(middle, middle, Mirrored: false)];
    }

    /// <summary>Four corners and the centre, then the same five mirrored: ten crops.</summary>
    /// <param name="geometry">Canvas and crop.</param>
    public static CropWindow[] Ten(CropGeometry geometry)
    {
        var far = geometry.Canvas - geometry.Crop;
        var middle = far / 2;
        (int Top, int Left)[] places = [(0, 0), (0, far), (far, 0), (far, far), (middle, middle)];
        return
        [
            .. places.Select(place => new CropWindow(place.Top, place.Left, Mirrored: false)),
            .. places.Select(place => new CropWindow(place.Top, place.Left, Mirrored: true)),
        ];
    }
}
