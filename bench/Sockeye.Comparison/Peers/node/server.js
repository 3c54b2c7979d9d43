// Echo with node's net module.
'use strict';
const net = require('net');

const server = net.createServer({ noDelay: true }, socket => {
  socket.on('error', () => socket.destroy());
  socket.pipe(socket);
});
server.listen({ host: '127.0.0.1', port: 0, backlog: 4096 }, () => console.log(`PORT ${server.address().port}`));

// Standard input ends when the program that started this one does.
process.stdin.resume().on('end', () => process.exit(0));
