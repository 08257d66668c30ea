namespace AlexNetService.Imaging;

/// <summary>A square RGB picture, planar: the same layout as one element of the network's uint8 NCHW input.</summary>
/// <param name="Side">Side, in pixels.</param>
/// <param name="Pixels">[3,side,side], 0..255, red plane first.</param>
public sealed record Canvas(int Side, byte[] Pixels);
