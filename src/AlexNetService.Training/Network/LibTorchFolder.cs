namespace AlexNetService.Training.Network;

/// <summary>
/// Loads libtorch from a folder: a CUDA build of the version that TorchSharp was made for, such as <c>torch/lib</c> of a Python
/// installation. Libraries that are loaded before TorchSharp looks for them are found by their names, but only by a program without
/// libtorch beside it (<c>-p:Torch=folder</c>): TorchSharp prefers the program's folder, and two libtorch in one process end it.
/// </summary>
public static unsafe class LibTorchFolder
{
    /// <summary>The environment variable that names the folder.</summary>
    public const string Variable = "ALEXNET_LIBTORCH";

    private const string Core = "libtorch_cpu.so";

    // In the order in which they need each other; a build for the CPU has no CUDA ones.
    private static readonly string[] Libraries = ["libc10.so", Core, "libc10_cuda.so", "libtorch_cuda.so", "libtorch.so"];

    /// <summary>The version of libtorch that TorchSharp was made for.</summary>
    public static Version Version { get; } = new(2, 10, 0);

    /// <summary>
    /// Loads the libraries of a folder; call it before anything uses torch. Without a folder, the libraries beside the program are used.
    /// </summary>
    /// <exception cref="InputException">
    /// The folder has no libtorch, or one that does not load or has another version; there is another libtorch beside the program; or
    /// there is none there, and no folder is given.
    /// </exception>
    public static void Load(string? folder, string program)
    {
        var carried = !OperatingSystem.IsLinux() || File.Exists(Path.Combine(program, Core));
        if (string.IsNullOrEmpty(folder))
        {
            if (!carried)
            {
                throw new InputException($"This program was built without libtorch. Set {Variable} to the folder of libtorch {Version}.");
            }

            return;
        }

        InputException.ThrowIf(
            carried,
            $"{Variable} is set, but this program has its own libtorch. Build it with -p:Torch=folder, on Linux.");
        if (!File.Exists(Path.Combine(folder, Core)))
        {
            throw new InputException($"{Variable} names '{folder}', where there is no {Core}. Name the folder lib of libtorch {Version}.");
        }

        TorchRuntime.WaitPassively();
        foreach (var library in Libraries.Where(library => File.Exists(Path.Combine(folder, library))))
        {
            var loaded = LoadLibrary(folder, library);
            if (library == Core)
            {
                RequireVersion(folder, loaded);
            }
        }
    }

    private static IntPtr LoadLibrary(string folder, string library)
    {
        try
        {
            return NativeLibrary.Load(Path.GetFullPath(library, Path.GetFullPath(folder)));
        }
        catch (DllNotFoundException e)
        {
            throw new InputException($"{Variable} names '{folder}', but {library} there does not load: {e.Message}");
        }
    }

    private static void RequireVersion(string folder, IntPtr core)
    {
        // Major, minor and patch are the three highest bytes; libtorch has it since 2.9.
        var packed = NativeLibrary.TryGetExport(core, "aoti_torch_abi_version", out var export)
            ? ((delegate* unmanaged<ulong>)export)()
            : 0;
        var found = new Version((int)(packed >> 56), (int)((packed >> 48) & 0xff), (int)((packed >> 40) & 0xff));
        if (found != Version)
        {
            var version = packed == 0 ? "is too old" : $"has version {found}";
            throw new InputException($"{Variable} names '{folder}', whose libtorch {version}. This program needs version {Version}.");
        }
    }
}
