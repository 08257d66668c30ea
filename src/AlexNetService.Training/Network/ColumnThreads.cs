using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;
using TorchSharp;

namespace AlexNetService.Training.Network;

/// <summary>
/// Runs the columns' independent work: either in parallel on one thread per column, or one column after another on the caller's thread.
/// Autograd's backward pass on a CPU runs on the calling thread, so two columns run at the same time only on threads of their own.
/// </summary>
internal sealed class ColumnThreads : IDisposable
{
    private readonly List<BlockingCollection<Action>> queues = [];
    private readonly List<Thread> threads = [];
    private readonly HashSet<long> passed = [];
    private readonly bool firstInTurn;
    private bool inTurn;

    /// <summary>Starts the threads if <see cref="Pays"/> says so.</summary>
    /// <param name="placement">The device of each column.</param>
    /// <param name="firstInTurn">Whether columns run one after another in the first pass of a size; see <see cref="BeginPass"/>.</param>
    public ColumnThreads(ColumnPlacement placement, bool firstInTurn = true)
    {
        this.firstInTurn = firstInTurn;
        var (columns, all) = (placement.Devices.Count, torch.get_num_threads());
        if (!Pays(placement, all))
        {
            return;
        }

        for (var column = 0; column < columns; column++)
        {
            var queue = new BlockingCollection<Action>();
            var thread = new Thread(() => Work(queue)) { IsBackground = true, Name = $"column {(char)('a' + column)}" };
            thread.Start();
            queues.Add(queue);
            threads.Add(thread);
        }

        // A thread's first torch call takes over the process's thread count, so each thread reads the count before it sets its own.
        // Setting it also changes the count of the process, which is restored below.
        Run(columns, _ =>
        {
            _ = torch.get_num_threads();
            torch.set_num_threads(all / columns);
        });
        torch.set_num_threads(all);
    }

    /// <summary>Whether columns run in parallel.</summary>
    public bool SideBySide => threads.Count > 0;

    /// <summary>
    /// Whether threads are worth having: all columns are on the CPU, and its threads divide evenly between them. On other devices one
    /// thread queues all the work and never waits for it.
    /// </summary>
    public static bool Pays(ColumnPlacement placement, int threads) =>
        placement.Devices.Count > 1
        && placement.Devices.All(device => device.type == DeviceType.CPU)
        && threads % placement.Devices.Count == 0;

    /// <summary>
    /// Begins a pass. In the first pass of each size the columns run one after another, each on its own thread. With parallel columns,
    /// 1 fresh process in 25 on a busy machine computed a wrong gradient of the exchanged maps in its first pass (libtorch 2.10); the 750
    /// passes after it were correct to the bit. The likely cause is gone: <see cref="CutPass"/> summed those gradients with
    /// Tensor + Tensor, whose factor of 1 the collector could free while libtorch read it. On another machine (AVX2) the fault did not
    /// show in 480 processes with parallel columns, with or without that sum, so the order stays until the benchmark
    /// <c>first-gradient --side-by-side</c> shows on the first kind of machine (AVX-512) that it is not needed.
    /// </summary>
    /// <param name="crops">Crops in the pass.</param>
    public void BeginPass(long crops) => inTurn = passed.Add(crops) && firstInTurn;

    /// <summary>Runs work once per column, each column always on the same thread, and returns when all of it is done.</summary>
    /// <param name="columns">Number of columns.</param>
    /// <param name="work">Receives the column, from 0.</param>
    public void Run(int columns, Action<int> work)
    {
        if (!SideBySide)
        {
            for (var column = 0; column < columns; column++)
            {
                work(column);
            }

            return;
        }

        var failures = new ExceptionDispatchInfo?[columns];
        foreach (var together in Enumerable.Range(0, columns).Chunk(inTurn ? 1 : columns))
        {
            using var left = new CountdownEvent(together.Length);
            foreach (var own in together)
            {
                queues[own].Add(() =>
                {
                    try
                    {
                        work(own);
                    }
                    catch (Exception e)
                    {
                        // Rethrown on the caller's thread; unhandled on this one it would end the process.
                        failures[own] = ExceptionDispatchInfo.Capture(e);
                    }
                    finally
                    {
                        left.Signal();
                    }
                });
            }

            left.Wait();
        }

        failures.FirstOrDefault(failure => failure is not null)?.Throw();
    }

    /// <summary>
    /// Opens a dispose scope on the caller's thread and on each column's. Disposing it frees all tensors made on these threads meanwhile.
    /// </summary>
    public IDisposable NewScope() => new Scope(this);

    /// <inheritdoc/>
    public void Dispose()
    {
        queues.ForEach(queue => queue.CompleteAdding());
        threads.ForEach(thread => thread.Join());
        queues.ForEach(queue => queue.Dispose());
    }

    private static void Work(BlockingCollection<Action> queue)
    {
        foreach (var work in queue.GetConsumingEnumerable())
        {
            work();
        }
    }

    /// <summary>One dispose scope per thread, since a scope belongs to the thread that opened it.</summary>
    private sealed class Scope : IDisposable
    {
        private readonly ColumnThreads owner;
        private readonly DisposeScope callers = torch.NewDisposeScope();
        private readonly DisposeScope[] columns;

        public Scope(ColumnThreads owner)
        {
            this.owner = owner;
            columns = new DisposeScope[owner.threads.Count];
            owner.Run(columns.Length, column => columns[column] = torch.NewDisposeScope());
        }

        public void Dispose()
        {
            owner.Run(columns.Length, column => columns[column].Dispose());
            callers.Dispose();
        }
    }
}
